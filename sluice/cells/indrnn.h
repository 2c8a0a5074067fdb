// Independently recurrent network (Li et al. 2018): every unit reads its own past alone.
//   h' = relu(W x + u h + b)
struct IndRnn {
  static constexpr const char* title = "IndRNN";
  static constexpr GateSpec gates[] = {{"h", X, 0}};
  static constexpr const char* states[] = {"h"};
  static constexpr UnitSpec units[] = {{"u", -1, 1}};

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto candidate = m.relu(mul_add(p[at<0>], s[at<0>], z[at<0>]));
    const auto h = m.dropped_cell(candidate);
    return next_states(h);
  }
};
