// Coupled input and forget gate with peepholes (Greff et al. 2015, CIFG):
//   i = sigmoid(W x + U h + b + p c)       g = tanh(W x + U h + b)
//   c' = (1 - i) c + i g                   o = sigmoid(W x + U h + b + p c')    h' = o tanh(c')
struct CifgPeephole {
  static constexpr const char* title = "LSTM with peepholes, forget gate 1 - i";
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
    const auto kept = one_minus(i) * s[at<C>];
    const auto c = m.dropped_cell(mul_add(i, g, kept));
    const auto o = m.gate(mul_add(p[at<Po>], c, z[at<O>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
