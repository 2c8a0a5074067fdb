// Depth-gated LSTM (Yao et al. 2015): a gate d lets the cell of the layer below into this one's.
// The lowest layer, which has none below, is an LSTM with peepholes.
//   i, f = sigmoid(W x + U h + b + p c)    g = tanh(W x + U h + b)
//   d = sigmoid(W x + b + p c + p' c_below)
//   c' = d c_below + f c + i g             o = sigmoid(W x + U h + b + p c')    h' = o tanh(c')
struct DepthGated {
  static constexpr const char* title = "Depth-gated LSTM";
  static constexpr GateSpec gates[] = {
      {"i", X | H, 0}, {"f", X | H, 1}, {"g", X | H, 2}, {"o", X | H, 3}, {"d", X, 4}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"c"};
  static constexpr int hands_up[] = {0, 1};
  static constexpr const char* lowest = "peephole";
  static constexpr UnitSpec units[] = {
      {"peephole_i"}, {"peephole_f"}, {"peephole_o"}, {"d_cell"}, {"d_lower"}};
  enum { I, F, G, O, D };
  enum { C = 1, Lower };
  enum { Pi, Pf, Po, Dc, Dl };

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto i = m.gate(mul_add(p[at<Pi>], s[at<C>], z[at<I>]));
    const auto f = m.gate(mul_add(p[at<Pf>], s[at<C>], z[at<F>]));
    const auto d = m.gate(mul_add(p[at<Dc>], s[at<C>], mul_add(p[at<Dl>], s[at<Lower>], z[at<D>])));
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto carried = mul_add(f, s[at<C>], i * g);
    const auto c = m.dropped_cell(mul_add(d, s[at<Lower>], carried));
    const auto o = m.gate(mul_add(p[at<Po>], c, z[at<O>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
