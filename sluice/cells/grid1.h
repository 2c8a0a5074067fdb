// Grid LSTM of one dimension (Kalchbrenner et al. 2015): an LSTM along the depth of a stack, for
// every step by itself. h and m come from the layer below and go to the one above.
//   i, f, o = sigmoid(W h_below + b)    g = tanh(W h_below + b)
//   m_depth = f m_below + i g           h_depth = o tanh(m_depth)
struct Grid1 {
  static constexpr const char* title = "Grid LSTM, one dimension";
  static constexpr GateSpec gates[] = {{"i", X, 0}, {"f", X, 1}, {"g", X, 2}, {"o", X, 3}};
  static constexpr const char* states[] = {"h"};
  static constexpr const char* below[] = {"m"};
  static constexpr const char* outputs[] = {"h_depth", "m_depth"};
  enum { I, F, G, O };
  enum { Lower = 1 };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<I>]);
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto m_depth = mul_add(f, s[at<Lower>], i * g);
    const auto y = m.output_activation(m_depth);
    const auto h = o * y;
    return next_states(h, h, m_depth);
  }
};
