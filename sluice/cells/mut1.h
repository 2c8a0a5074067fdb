// The first of the three best cells of a search (Jozefowicz et al. 2015, MUT1; Keras' JZS1):
//   z = sigmoid(W x + b)    r = sigmoid(W x + U h + b)
//   n = tanh(U (r h) + tanh(x) + b)         h' = z n + (1 - z) h
// With as many inputs as units x is the input itself, else W x.
struct Mut1 {
  static constexpr const char* title = "MUT1";
  static constexpr GateSpec gates[] = {
      {"x", Raw, 3, false}, {"z", X, 0}, {"r", X | H, 1}, {"n", Q, 2}};
  static constexpr const char* states[] = {"h"};
  static constexpr const char* messages[] = {"rh"};
  enum { Input, U, R, N };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto r = m.gate(z[at<R>]);
    return messages_of(r * s[at<0>]);
  }

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto u = m.gate(z[at<U>]);
    const auto x = m.tanh(z[at<Input>]);
    const auto candidate = m.activation(z[at<N>] + x);
    const auto n = m.dropped_update(candidate);
    const auto kept = one_minus(u) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(u, n, kept));
    return next_states(h);
  }
};
