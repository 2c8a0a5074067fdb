// Minimal GRU without a recurrent product (Feng et al. 2024, minGRU):
//   z = sigmoid(W x + b)    n = W x + b    h' = (1 - z) h + z n
struct MinGru {
  static constexpr const char* title = "minGRU";
  static constexpr GateSpec gates[] = {{"z", X, 0}, {"h", X, 1}};
  static constexpr const char* states[] = {"h"};
  enum { U, N };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto u = m.gate(z[at<U>]);
    const auto candidate = m.linear(z[at<N>]);
    const auto n = m.dropped_update(candidate);
    const auto kept = one_minus(u) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(u, n, kept));
    return next_states(h);
  }
};
