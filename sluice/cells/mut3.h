// The third of the three best cells of a search (Jozefowicz et al. 2015, MUT3; Keras' JZS3):
//   z = sigmoid(W x + U tanh(h) + b)    r = sigmoid(W x + U h + b)
//   n = tanh(U (r h) + W x + b)         h' = z n + (1 - z) h
struct Mut3 {
  static constexpr const char* title = "MUT3";
  static constexpr GateSpec gates[] = {{"z", X | Q, 0}, {"r", X | H, 1}, {"n", X | Q1, 2}};
  static constexpr const char* states[] = {"h"};
  static constexpr const char* messages[] = {"tanh_h", "rh"};
  enum { U, R, N };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto r = m.gate(z[at<R>]);
    const auto squashed = m.tanh(s[at<0>]);
    return messages_of(squashed, r * s[at<0>]);
  }

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto u = m.gate(z[at<U>]);
    const auto candidate = m.activation(z[at<N>]);
    const auto n = m.dropped_update(candidate);
    const auto kept = one_minus(u) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(u, n, kept));
    return next_states(h);
  }
};
