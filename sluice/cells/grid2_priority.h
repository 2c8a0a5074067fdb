// Grid LSTM of two dimensions where depth has priority (Kalchbrenner et al. 2015): it is computed
// last and reads the new h of time, so that within a step the input has passed both.
//   i, f, o = sigmoid(W h_below + U h + b)     g = tanh(W h_below + U h + b)
//   c' = f c + i g               h' = o tanh(c')                    of time
//   i, f, o = sigmoid(W h_below + U h' + b)    g = tanh(W h_below + U h' + b)
//   m_depth = f m_below + i g    h_depth = o tanh(m_depth)          of depth
struct Grid2Priority {
  static constexpr const char* title = "Grid LSTM, two dimensions, depth last";
  static constexpr GateSpec gates[] = {{"ti", X | H, 0}, {"tf", X | H, 1}, {"tg", X | H, 2},
                                       {"to", X | H, 3}, {"di", X | Q, 4}, {"df", X | Q, 5},
                                       {"dg", X | Q, 6}, {"do", X | Q, 7}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m"};
  static constexpr const char* messages[] = {"h", "c"};
  static constexpr const char* outputs[] = {"h_depth", "m_depth"};
  enum { Ti, Tf, Tg, To, Di, Df, Dg, Do };
  enum { C = 1, Lower };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<Ti>]);
    const auto f = m.gate(z[at<Tf>]);
    const auto candidate = m.activation(z[at<Tg>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<To>]);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return messages_of(h, c);
  }

  template <class M, class Z, class S, class P, class Q>
  static constexpr auto step(M& m, const Z& z, const S& s, const P&, const Q& q) {
    const auto i = m.gate(z[at<Di>]);
    const auto f = m.gate(z[at<Df>]);
    const auto g = m.activation(z[at<Dg>]);
    const auto o = m.gate(z[at<Do>]);
    const auto m_depth = mul_add(f, s[at<Lower>], i * g);
    const auto y = m.output_activation(m_depth);
    const auto h_depth = o * y;
    return next_states(q[at<0>], q[at<1>], h_depth, m_depth);
  }
};
