// No forget gate (Greff et al. 2015, NFG): the peephole LSTM with f = 1. Without peepholes it is
// the cell of Hochreiter and Schmidhuber 1997.
struct Nfg {
  static constexpr const char* title = "LSTM without forget gate";
  static constexpr GateSpec gates[] = {{"i", X | H, 0}, {"g", X | H, 1}, {"o", X | H, 2}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr UnitSpec units[] = {{"peephole_i"}, {"peephole_o"}};
  enum { I, G, O };
  enum { C = 1 };
  enum { Pi, Po };

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto i = m.gate(mul_add(p[at<Pi>], s[at<C>], z[at<I>]));
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto c = m.dropped_cell(mul_add(i, g, s[at<C>]));
    const auto o = m.gate(mul_add(p[at<Po>], c, z[at<O>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
