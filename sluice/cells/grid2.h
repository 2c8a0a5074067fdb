// Grid LSTM of two dimensions, time and depth (Kalchbrenner et al. 2015): an LSTM for each, with
// weights of its own; both read the h of both. Depth's h and m come from the layer below and go to
// the one above; time's are the states.
//   i, f, o = sigmoid(W h_below + U h + b)    g = tanh(W h_below + U h + b)
//   c' = f c + i g               h' = o tanh(c')                    of time
//   m_depth = f m_below + i g    h_depth = o tanh(m_depth)          of depth
struct Grid2 {
  static constexpr const char* title = "Grid LSTM, two dimensions";
  static constexpr GateSpec gates[] = {{"ti", X | H, 0}, {"tf", X | H, 1}, {"tg", X | H, 2},
                                       {"to", X | H, 3}, {"di", X | H, 4}, {"df", X | H, 5},
                                       {"dg", X | H, 6}, {"do", X | H, 7}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m"};
  static constexpr const char* outputs[] = {"h_depth", "m_depth"};
  enum { Ti, Tf, Tg, To, Di, Df, Dg, Do };
  enum { C = 1, Lower };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto ti = m.gate(z[at<Ti>]);
    const auto tf = m.gate(z[at<Tf>]);
    const auto tg = m.activation(z[at<Tg>]);
    const auto update = m.dropped_update(tg);
    const auto to = m.gate(z[at<To>]);
    const auto c = m.dropped_cell(mul_add(tf, s[at<C>], ti * update));
    const auto ty = m.output_activation(c);
    const auto h = to * ty;
    const auto di = m.gate(z[at<Di>]);
    const auto df = m.gate(z[at<Df>]);
    const auto dg = m.activation(z[at<Dg>]);
    const auto d_o = m.gate(z[at<Do>]);
    const auto m_depth = mul_add(df, s[at<Lower>], di * dg);
    const auto dy = m.output_activation(m_depth);
    const auto h_depth = d_o * dy;
    return next_states(h, c, h_depth, m_depth);
  }
};
