// Coupled input and forget gate, the input gate learned (Greff et al. 2015, CIFG; DyNet):
//   i, o = sigmoid(W x + U h + b)       g = tanh(W x + U h + b)
//   c' = (1 - i) c + i g                h' = o tanh(c')
struct Cifg {
  static constexpr const char* title = "LSTM, forget gate 1 - i";
  static constexpr GateSpec gates[] = {{"i", X | H, 0}, {"g", X | H, 1}, {"o", X | H, 2}};
  static constexpr const char* states[] = {"h", "c"};
  enum { I, G, O };
  enum { C = 1 };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<I>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto c = m.dropped_cell(mul_add(i, g - s[at<C>], s[at<C>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
