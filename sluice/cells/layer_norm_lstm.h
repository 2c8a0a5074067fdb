// Long short-term memory with layer normalisation (Ba, Kiros & Hinton 2016, equations 20 to 22):
// of W x and of U h, each over all gates in one, and of the cell on its way out.
//   i, f, o = sigmoid(norm(W x) + norm(U h) + b)    g = tanh(norm(W x) + norm(U h) + b)
//   c' = f c + i g                                  h' = o tanh(norm(c'))
struct LayerNormLstm {
  static constexpr const char* title = "Layer-norm LSTM";
  static constexpr GateSpec gates[] = {{"i", X, 0}, {"f", X, 1}, {"g", X, 2}, {"o", X, 3},
                                       {"i", H, 0}, {"f", H, 1}, {"g", H, 2}, {"o", H, 3}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* messages[] = {"c", "normed_c"};
  static constexpr NormSpec norms[] = {
      {"norm_ih", 0, 4}, {"norm_hh", 4, 4}, {"norm_c", 1, 1, true}};
  enum { Ix, Fx, Gx, Ox, Ih, Fh, Gh, Oh };
  enum { C = 1 };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<Ix>] + z[at<Ih>]);
    const auto f = m.gate(z[at<Fx>] + z[at<Fh>]);
    const auto candidate = m.activation(z[at<Gx>] + z[at<Gh>]);
    const auto g = m.dropped_update(candidate);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    return messages_of(c, c);
  }

  template <class M, class Z, class S, class P, class Q>
  static constexpr auto step(M& m, const Z& z, const S&, const P&, const Q& q) {
    const auto o = m.gate(z[at<Ox>] + z[at<Oh>]);
    const auto y = m.output_activation(q[at<1>]);
    return next_states(o * y, q[at<0>]);
  }
};
