// The second of the three best cells of a search (Jozefowicz et al. 2015, MUT2; Keras' JZS2):
//   z = sigmoid(W x + U h + b)    r = sigmoid(x + U h + b)
//   n = tanh(U (r h) + W x + b)             h' = z n + (1 - z) h
// With as many inputs as units the x of r is the input itself, else W x.
struct Mut2 {
  static constexpr const char* title = "MUT2";
  static constexpr GateSpec gates[] = {{"r", Raw | H, 1}, {"z", X | H, 0}, {"n", X | Q, 2}};
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
    const auto kept = one_minus(u) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(u, n, kept));
    return next_states(h);
  }
};
