// Coupled input and forget gate, the forget gate learned (TensorFlow's
// CoupledInputForgetGateLSTMCell without its peepholes): the same model as cifg with the gate's
// sign turned, but "remember" is a positive bias here and a negative one there.
//   f, o = sigmoid(W x + U h + b)       g = tanh(W x + U h + b)
//   c' = f c + (1 - f) g                h' = o tanh(c')
struct CifgForget {
  static constexpr const char* title = "LSTM, input gate 1 - f";
  static constexpr GateSpec gates[] = {{"f", X | H, 0}, {"g", X | H, 1}, {"o", X | H, 2}};
  static constexpr const char* states[] = {"h", "c"};
  enum { F, G, O };
  enum { C = 1 };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>] - g, g));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
