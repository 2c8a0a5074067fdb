// Long short-term memory with a forget gate (Hochreiter & Schmidhuber 1997; Gers et al. 2000):
//   i, f, o = sigmoid(W x + U h + b)    g = tanh(W x + U h + b)
//   c' = f c + i g                      h' = o tanh(c')
struct Lstm {
  static constexpr const char* title = "LSTM";
  static constexpr GateSpec gates[] = {
      {"i", X | H, 0}, {"f", X | H, 1}, {"g", X | H, 2}, {"o", X | H, 3}};
  static constexpr const char* states[] = {"h", "c"};
  enum { I, F, G, O };
  enum { C = 1 };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<I>]);
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
