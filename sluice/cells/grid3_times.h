// The two times of a Grid LSTM of three dimensions whose depth has priority (Kalchbrenner et al.
// 2015): an LSTM for each, with weights of its own; both read the h of all. The depth comes last,
// with the new h of both times, and reads no old value but its own: it is a Grid1 over what this
// gives. The second time is scanned and its h and c are the states; the first one's m comes with
// the input.
//   i, f, o = sigmoid(W [h_first; h_below] + U h + b)    g = tanh(W [h_first; h_below] + U h + b)
//   c' = f c + i g    h' = o tanh(c')                    likewise m_first, h_first
struct Grid3Times {
  static constexpr const char* title = "Grid LSTM, two times of three dimensions";
  static constexpr GateSpec gates[] = {{"si", X | H, 0}, {"sf", X | H, 1}, {"sg", X | H, 2},
                                       {"so", X | H, 3}, {"fi", X | H, 4}, {"ff", X | H, 5},
                                       {"fg", X | H, 6}, {"fo", X | H, 7}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m_first"};
  static constexpr const char* outputs[] = {"h_second", "h_first", "m_first"};
  enum { Si, Sf, Sg, So, Fi, Ff, Fg, Fo };
  enum { C = 1, Lower };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto si = m.gate(z[at<Si>]);
    const auto sf = m.gate(z[at<Sf>]);
    const auto sg = m.activation(z[at<Sg>]);
    const auto update = m.dropped_update(sg);
    const auto so = m.gate(z[at<So>]);
    const auto c = mul_add(sf, s[at<C>], si * update);
    const auto sy = m.output_activation(c);
    const auto h = so * sy;
    const auto fi = m.gate(z[at<Fi>]);
    const auto ff = m.gate(z[at<Ff>]);
    const auto fg = m.activation(z[at<Fg>]);
    const auto fo = m.gate(z[at<Fo>]);
    const auto m_first = mul_add(ff, s[at<Lower>], fi * fg);
    const auto fy = m.output_activation(m_first);
    const auto h_first = fo * fy;
    return next_states(h, c, h, h_first, m_first);
  }
};
