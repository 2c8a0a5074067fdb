// Gated recurrent unit, reset before the product (Cho et al. 2014 v3; Chung et al. 2014):
//   r, u = sigmoid(W x + U h + b)     n = tanh(W x + U (r h) + b)          h' = u h + (1 - u) n
struct GruResetBefore {
  static constexpr const char* title = "GRU, reset before";
  static constexpr GateSpec gates[] = {{"r", X | H, 0}, {"z", X | H, 1}, {"n", X | Q, 2}};
  static constexpr const char* states[] = {"h"};
  static constexpr const char* messages[] = {"rh"};
  enum { R, U, N };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto r = m.gate(z[at<R>]);
    return messages_of(r * s[at<0>]);
  }

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto u = m.gate(z[at<U>]);
    const auto candidate = m.activation(z[at<N>]);
    const auto n = m.dropped_update(candidate);
    const auto keep = m.keep(u);
    const auto h = m.dropped_cell(mul_add(keep, s[at<0>] - n, n));
    return next_states(h);
  }
};
