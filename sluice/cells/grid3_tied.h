// Grid LSTM of three dimensions with the same weights for all (Kalchbrenner et al. 2015): all read
// the same, so they share their gates and differ in what they remember. Memories come and go as in
// Grid3: the second time's are the states, those of the first time and of depth come with the
// input.
//   i, f, o = sigmoid(W [h_first; h_below] + U h + b)    g = tanh(W [h_first; h_below] + U h + b)
//   c' = f c + i g    h' = o tanh(c')                    likewise m_first, h_first, m_depth,
//   h_depth
struct Grid3Tied {
  static constexpr const char* title = "Grid LSTM, three dimensions, tied";
  static constexpr GateSpec gates[] = {
      {"i", X | H, 0}, {"f", X | H, 1}, {"g", X | H, 2}, {"o", X | H, 3}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m_first", "m_depth"};
  static constexpr const char* outputs[] = {"h_first", "h_depth", "m_first", "m_depth"};
  enum { I, F, G, O };
  enum { C = 1, FirstBelow, DepthBelow };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<I>]);
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto update = i * g;
    const auto c = mul_add(f, s[at<C>], update);
    const auto m_first = mul_add(f, s[at<FirstBelow>], update);
    const auto m_depth = mul_add(f, s[at<DepthBelow>], update);
    const auto second = m.output_activation(c);
    const auto first = m.output_activation(m_first);
    const auto depth = m.output_activation(m_depth);
    const auto h = o * second;
    const auto h_first = o * first;
    const auto h_depth = o * depth;
    return next_states(h, c, h_first, h_depth, m_first, m_depth);
  }
};
