// Simple recurrent unit, version 2 (Lei et al. 2018): no product waits for the step before.
//   f, r = sigmoid(W x + v c + b)    c' = f c + (1 - f) W x    h' = r c' + (1 - r) x
// With as many inputs as units the x of h' is the input itself, else W x.
struct Sru {
  static constexpr const char* title = "SRU";
  static constexpr GateSpec gates[] = {
      {"s", Raw, 3, false}, {"x", X, 0, false}, {"f", X, 1}, {"r", X, 2}};
  static constexpr const char* states[] = {"h", "c"};
  static constexpr UnitSpec units[] = {{"v_f"}, {"v_r"}};
  enum { Skip, Input, F, R };
  enum { C = 1 };
  enum { Vf, Vr };

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto input = m.linear(z[at<Input>]);
    const auto x = m.dropped_update(input);
    const auto f = m.gate(mul_add(p[at<Vf>], s[at<C>], z[at<F>]));
    const auto r = m.gate(mul_add(p[at<Vr>], s[at<C>], z[at<R>]));
    const auto skip = m.linear(z[at<Skip>]);
    const auto kept = f * s[at<C>];
    const auto c = m.dropped_cell(mul_add(one_minus(f), x, kept));
    const auto h = mul_add(r, c - skip, skip);
    return next_states(h, c);
  }
};
