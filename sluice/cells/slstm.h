// Scalar LSTM with exponential gating (Beck et al. 2024, sLSTM, as its authors' code has it): the
// gates are kept in range by m, the largest logarithm so far; n normalises.
//   l = m + log sigmoid(W x + U h + b)     m' = max(W x + U h + b, l); where n = 0 the first of
//   them i = exp(W x + U h + b - m')            f = exp(l - m') c' = f c + i tanh(W x + U h + b) n'
//   = f n + i h' = sigmoid(W x + U h + b) c' / n'
struct SLstm {
  static constexpr const char* title = "sLSTM";
  static constexpr GateSpec gates[] = {
      {"i", X | H, 0}, {"f", X | H, 1}, {"z", X | H, 2}, {"o", X | H, 3}};
  static constexpr const char* states[] = {"h", "c", "n", "m"};
  enum { I, F, G, O };
  enum { C = 1, Norm, Largest };

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S& s) {
    const auto log_i = m.linear(z[at<I>]);
    const auto log_f = m.log_sigmoid(z[at<F>]);
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto o = m.gate(z[at<O>]);
    const auto l = s[at<Largest>] + log_f;
    const auto largest = where_zero(s[at<Norm>], log_i, max(log_i, l));
    const auto i = m.exp(log_i - largest);
    const auto f = m.exp(l - largest);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto n = mul_add(f, s[at<Norm>], i);
    const auto h = o * (c / n);
    return next_states(h, c, n, largest);
  }
};
