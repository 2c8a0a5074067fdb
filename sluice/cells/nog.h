// No output gate (Greff et al. 2015, NOG): the peephole LSTM with o = 1.
struct Nog {
  static constexpr const char* title = "LSTM without output gate";
  static constexpr GateSpec gates[] = {{"i", X | H, 0}, {"f", X | H, 1}, {"g", X | H, 2}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr UnitSpec units[] = {{"peephole_i"}, {"peephole_f"}};
  enum { I, F, G };
  enum { C = 1 };
  enum { Pi, Pf };

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto i = m.gate(mul_add(p[at<Pi>], s[at<C>], z[at<I>]));
    const auto f = m.gate(mul_add(p[at<Pf>], s[at<C>], z[at<F>]));
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto h = m.output_activation(c);
    return next_states(h, c);
  }
};
