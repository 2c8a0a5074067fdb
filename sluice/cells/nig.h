// No input gate (Greff et al. 2015, NIG): the peephole LSTM with i = 1.
struct Nig {
  static constexpr const char* title = "LSTM without input gate";
  static constexpr GateSpec gates[] = {{"f", X | H, 0}, {"g", X | H, 1}, {"o", X | H, 2}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr UnitSpec units[] = {{"peephole_f"}, {"peephole_o"}};
  enum { F, G, O };
  enum { C = 1 };
  enum { Pf, Po };

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto f = m.gate(mul_add(p[at<Pf>], s[at<C>], z[at<F>]));
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], g));
    const auto o = m.gate(mul_add(p[at<Po>], c, z[at<O>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
