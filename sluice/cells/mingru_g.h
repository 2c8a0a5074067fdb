// Minimal GRU whose candidate is positive, so that the recurrence can be run in logarithms (Feng et
// al. 2024, minGRU in log space):
//   z = sigmoid(W x + b)    n = g(W x + b)    h' = (1 - z) h + z n
//   g(x) = x + 1/2 from 0 on, below it sigmoid(x)
struct MinGruG {
  static constexpr const char* title =
      "minGRU with a positive candidate: g(x) is x + 1/2, below 0 sigmoid(x)";
  static constexpr GateSpec gates[] = {{"z", X, 0}, {"h", X, 1}};
  static constexpr const char* states[] = {"h"};
  enum { U, N };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto u = m.gate(z[at<U>]);
    const auto candidate = m.positive(z[at<N>]);
    const auto n = m.dropped_update(candidate);
    const auto kept = one_minus(u) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(u, n, kept));
    return next_states(h);
  }
};
