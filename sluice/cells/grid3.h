// Grid LSTM of three dimensions (Kalchbrenner et al. 2015): two of time and depth, an LSTM for each
// with weights of its own; all read the h of all. The second time is scanned and its h and c are
// the states; those of the first time and of depth come with the input, h and h before m and m.
//   i, f, o = sigmoid(W [h_first; h_below] + U h + b)    g = tanh(W [h_first; h_below] + U h + b)
//   c' = f c + i g    h' = o tanh(c')                    likewise m_first, h_first, m_depth,
//   h_depth
struct Grid3 {
  static constexpr const char* title = "Grid LSTM, three dimensions";
  static constexpr GateSpec gates[] = {{"si", X | H, 0}, {"sf", X | H, 1},  {"sg", X | H, 2},
                                       {"so", X | H, 3}, {"fi", X | H, 4},  {"ff", X | H, 5},
                                       {"fg", X | H, 6}, {"fo", X | H, 7},  {"di", X | H, 8},
                                       {"df", X | H, 9}, {"dg", X | H, 10}, {"do", X | H, 11}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m_first", "m_depth"};
  static constexpr const char* outputs[] = {"h_first", "h_depth", "m_first", "m_depth"};
  enum { C = 1, FirstBelow, DepthBelow };

  /// One dimension: its four gates from `I` on, and its memory.
  template <int I, class M, class Z, class V>
  static constexpr auto dimension(M& m, const Z& z, const V& memory) {
    const auto i = m.gate(z[at<I>]);
    const auto f = m.gate(z[at<I + 1>]);
    const auto candidate = m.activation(z[at<I + 2>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<I + 3>]);
    const auto next = mul_add(f, memory, i * g);
    const auto y = m.output_activation(next);
    return values(o * y, next);
  }

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto second = dimension<0>(m, z, s[at<C>]);
    const auto first = dimension<4>(m, z, s[at<FirstBelow>]);
    const auto depth = dimension<8>(m, z, s[at<DepthBelow>]);
    return next_states(second.first, second.rest.first, first.first, depth.first, first.rest.first,
                       depth.rest.first);
  }
};
