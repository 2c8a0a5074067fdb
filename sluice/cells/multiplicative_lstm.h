// Multiplicative LSTM (Krause et al. 2016): the LSTM reads q, made of input and hidden state, in
// the hidden state's place.
//   q = (W x) (U h)
//   i, f, o = sigmoid(W x + U q + b)    g = tanh(W x + U q + b)
//   c' = f c + i g                      h' = o tanh(c')
struct MultiplicativeLstm {
  static constexpr const char* title = "Multiplicative LSTM";
  static constexpr GateSpec gates[] = {{"m", H, 0, false}, {"m", X, 0, false}, {"i", X | Q, 1},
                                       {"f", X | Q, 2},    {"g", X | Q, 3},    {"o", X | Q, 4}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr const char* messages[] = {"m"};
  enum { Mh, Mx, I, F, G, O };
  enum { C = 1 };

  template <class M, class Z, class S>
  static constexpr auto message(M& m, const Z& z, const S&) {
    const auto x = m.linear(z[at<Mx>]);
    const auto h = m.linear(z[at<Mh>]);
    return messages_of(x * h);
  }

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto i = m.gate(z[at<I>]);
    const auto f = m.gate(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c);
  }
};
