// Long expressive memory (Rusch et al. 2022), its time step 1; h is the paper's y:
//   d, e = sigmoid(W x + U h + b)
//   z' = (1 - d) z + d tanh(W x + U h + b)    h' = (1 - e) h + e tanh(W x + U z' + b)
struct Lem {
  static constexpr const char* title = "LEM";
  static constexpr GateSpec gates[] = {
      {"d1", X | H, 0}, {"d2", X | H, 1}, {"z", X | H, 2}, {"y", X | Q, 3}};
  static constexpr const char* states[] = {"h", "z"};
  static constexpr const char* messages[] = {"z"};
  enum { D1, D2, N, Y };
  enum { Slow = 1 };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto d = m.gate(z[at<D1>]);
    const auto n = m.activation(z[at<N>]);
    return messages_of(mul_add(d, n, one_minus(d) * s[at<Slow>]));
  }

  template <class M, class Z, class S, class P, class Q>
  static constexpr auto step(M& m, const Z& z, const S& s, const P&, const Q& q) {
    const auto e = m.gate(z[at<D2>]);
    const auto candidate = m.output_activation(z[at<Y>]);
    const auto y = m.dropped_update(candidate);
    const auto kept = one_minus(e) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(e, y, kept));
    return next_states(h, q[at<0>]);
  }
};
