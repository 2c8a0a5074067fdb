// Grid LSTM of two dimensions with the same weights for both, where depth has priority
// (Kalchbrenner et al. 2015): one W and one U, and depth is computed last, with the new h of time.
//   i, f, o = sigmoid(W h_below + U h + b)     g = tanh(W h_below + U h + b)
//   c' = f c + i g               h' = o tanh(c')                    of time
//   i, f, o = sigmoid(W h_below + U h' + b)    g = tanh(W h_below + U h' + b)
//   m_depth = f m_below + i g    h_depth = o tanh(m_depth)          of depth
// W h_below + b is a part of both, computed once.
struct Grid2TiedPriority {
  static constexpr const char* title = "Grid LSTM, two dimensions, tied, depth last";
  static constexpr GateSpec gates[] = {{"i", X, 0}, {"f", X, 1}, {"g", X, 2}, {"o", X, 3},
                                       {"i", H, 0}, {"f", H, 1}, {"g", H, 2}, {"o", H, 3},
                                       {"i", Q, 0}, {"f", Q, 1}, {"g", Q, 2}, {"o", Q, 3}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* below[] = {"m"};
  static constexpr const char* messages[] = {"h", "c"};
  static constexpr int tied = Q;
  static constexpr const char* outputs[] = {"h_depth", "m_depth"};
  enum { Ix, Fx, Gx, Ox, Ih, Fh, Gh, Oh, Iq, Fq, Gq, Oq };
  enum { C = 1, Lower };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<Ix>] + z[at<Ih>]);
    const auto f = m.gate(z[at<Fx>] + z[at<Fh>]);
    const auto candidate = m.activation(z[at<Gx>] + z[at<Gh>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<Ox>] + z[at<Oh>]);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return messages_of(h, c);
  }

  template <class M, class Z, class S, class P, class Q>
  static constexpr auto step(M& m, const Z& z, const S& s, const P&, const Q& q) {
    const auto i = m.gate(z[at<Ix>] + z[at<Iq>]);
    const auto f = m.gate(z[at<Fx>] + z[at<Fq>]);
    const auto g = m.activation(z[at<Gx>] + z[at<Gq>]);
    const auto o = m.gate(z[at<Ox>] + z[at<Oq>]);
    const auto m_depth = mul_add(f, s[at<Lower>], i * g);
    const auto y = m.output_activation(m_depth);
    const auto h_depth = o * y;
    return next_states(q[at<0>], q[at<1>], h_depth, m_depth);
  }
};
