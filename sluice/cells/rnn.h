// Elman's recurrent network (Elman 1990):  h' = tanh(W x + U h + b), or relu.
struct Rnn {
  static constexpr const char* title = "Elman RNN";
  static constexpr GateSpec gates[] = {{"h", X | H, 0}};
  static constexpr const char* states[] = {"h"};

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S&) {
    const auto h = m.activation(z[at<0>]);
    return next_states(h);
  }
};
