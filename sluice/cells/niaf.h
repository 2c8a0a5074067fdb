// No input activation function (Greff et al. 2015, NIAF): the peephole LSTM with a linear g.
struct Niaf {
  static constexpr const char* title = "LSTM without input activation";
  static constexpr GateSpec gates[] = {
      {"i", X | H, 0}, {"f", X | H, 1}, {"g", X | H, 2}, {"o", X | H, 3}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr UnitSpec units[] = {{"peephole_i"}, {"peephole_f"}, {"peephole_o"}};
  enum { I, F, G, O };
  enum { C = 1 };
  enum { Pi, Pf, Po };

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto i = m.gate(mul_add(p[at<Pi>], s[at<C>], z[at<I>]));
    const auto f = m.gate(mul_add(p[at<Pf>], s[at<C>], z[at<F>]));
    const auto candidate = m.linear(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto o = m.gate(mul_add(p[at<Po>], c, z[at<O>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
