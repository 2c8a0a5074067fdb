// Gated recurrent unit, reset after the product, with layer normalisation of W x and of U h, each
// over all gates in one (after Ba, Kiros & Hinton 2016):
//   r, u = sigmoid(norm(W x) + norm(U h) + b)    n = tanh(norm(W x) + b + r (norm(U h) + b'))
//   h' = u h + (1 - u) n
struct LayerNormGru {
  static constexpr const char* title = "Layer-norm GRU";
  static constexpr GateSpec gates[] = {{"r", X, 0}, {"z", X, 1}, {"n", X, 2},
                                       {"r", H, 0}, {"z", H, 1}, {"n", H, 2}};
  static constexpr const char* states[] = {"h"};
  static constexpr NormSpec norms[] = {{"norm_ih", 0, 3}, {"norm_hh", 3, 3}};
  enum { Rx, Ux, Nx, Rh, Uh, Nh };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto r = m.gate(z[at<Rx>] + z[at<Rh>]);
    const auto u = m.gate(z[at<Ux>] + z[at<Uh>]);
    const auto x = m.linear(z[at<Nx>]);
    const auto q = m.linear(z[at<Nh>]);
    const auto candidate = m.activation(mul_add(r, q, x));
    const auto n = m.dropped_update(candidate);
    const auto keep = m.keep(u);
    const auto h = m.dropped_cell(mul_add(keep, s[at<0>] - n, n));
    return next_states(h);
  }
};
