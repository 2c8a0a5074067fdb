// Gated recurrent unit, reset after the product (Cho et al. 2014 v1; cuDNN, PyTorch, Keras 3):
//   r, u = sigmoid(W x + U h + b)     n = tanh(W x + b + r (U h + b'))     h' = u h + (1 - u) n
struct Gru {
  static constexpr const char* title = "GRU, reset after";
  static constexpr GateSpec gates[] = {{"n", X, 2}, {"r", X | H, 0}, {"z", X | H, 1}, {"n", H, 2}};
  static constexpr const char* states[] = {"h"};
  enum { Nx, R, U, Nh };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto x = m.linear(z[at<Nx>]);
    const auto r = m.gate(z[at<R>]);
    const auto u = m.gate(z[at<U>]);
    const auto q = m.linear(z[at<Nh>]);
    const auto candidate = m.activation(mul_add(r, q, x));
    const auto n = m.dropped_update(candidate);
    const auto keep = m.keep(u);
    const auto h = m.dropped_cell(mul_add(keep, s[at<0>] - n, n));
    return next_states(h);
  }
};
