// Minimal LSTM without a recurrent product (Feng et al. 2024, minLSTM):
//   f, i = sigmoid(W x + b)    n = W x + b    h' = (f h + i n) / (f + i)
struct MinLstm {
  static constexpr const char* title = "minLSTM";
  static constexpr GateSpec gates[] = {{"f", X, 0}, {"i", X, 1}, {"h", X, 2}};
  static constexpr const char* states[] = {"h"};
  enum { F, I, N };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto f = m.gate(z[at<F>]);
    const auto i = m.gate(z[at<I>]);
    const auto candidate = m.linear(z[at<N>]);
    const auto n = m.dropped_update(candidate);
    const auto share = i / (f + i);
    const auto kept = one_minus(share) * s[at<0>];
    const auto h = m.dropped_cell(mul_add(share, n, kept));
    return next_states(h);
  }
};
