// Minimal gated unit (Zhou et al. 2016):
//   f = sigmoid(W x + U h + b)     n = tanh(W x + U (f h) + b)     h' = (1 - f) h + f n
struct Mgu {
  static constexpr const char* title = "Minimal gated unit";
  static constexpr GateSpec gates[] = {{"f", X | H, 0}, {"n", X | Q, 1}};
  static constexpr const char* states[] = {"h"};
  static constexpr const char* messages[] = {"fh"};
  enum { F, N };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto f = m.gate(z[at<F>]);
    return messages_of(f * s[at<0>]);
  }

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<N>]);
    const auto n = m.dropped_update(candidate);
    const auto h = m.dropped_cell(mul_add(f, n - s[at<0>], s[at<0>]));
    return next_states(h);
  }
};
