// Grid LSTM of two dimensions with the same weights for both (Kalchbrenner et al. 2015): time and
// depth read the same, so they share their gates and differ in what they remember.
//   i, f, o = sigmoid(W h_below + U h + b)    g = tanh(W h_below + U h + b)
//   c' = f c + i g               h' = o tanh(c')                    of time
//   m_depth = f m_below + i g    h_depth = o tanh(m_depth)          of depth
struct Grid2Tied {
  static constexpr const char* title = "Grid LSTM, two dimensions, tied";
  static constexpr GateSpec gates[] = {
      {"i", X | H, 0}, {"f", X | H, 1}, {"g", X | H, 2}, {"o", X | H, 3}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m"};
  static constexpr const char* outputs[] = {"h_depth", "m_depth"};
  enum { I, F, G, O };
  enum { C = 1, Lower };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<I>]);
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto update = i * g;
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], update));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    const auto m_depth = mul_add(f, s[at<Lower>], update);
    const auto depth = m.output_activation(m_depth);
    const auto h_depth = o * depth;
    return next_states(h, c, h_depth, m_depth);
  }
};
