// Full gate recurrence (Greff et al. 2015, FGR): the peephole LSTM whose gates also read the gates
// of the step before, each through a matrix of its own.
struct Fgr {
  static constexpr const char* title = "LSTM with full gate recurrence";
  static constexpr GateSpec gates[] = {{"i", X | H | Q | Q1 | Q2, 0},
                                       {"f", X | H | Q | Q1 | Q2, 1},
                                       {"o", X | H | Q | Q1 | Q2, 3},
                                       {"g", X | H, 2}};
  static constexpr const char* states[] = {"h", "c", "i", "f", "o"};
  static constexpr UnitSpec units[] = {{"peephole_i"}, {"peephole_f"}, {"peephole_o"}};
  static constexpr const char* messages[] = {"i", "f", "o"};
  enum { I, F, O, G };
  enum { C = 1, OldI, OldF, OldO };
  enum { Pi, Pf, Po };

  template <class M, class Z, class S>
  static constexpr auto message(M&, const Z&, const S& s) {
    return messages_of(s[at<OldI>], s[at<OldF>], s[at<OldO>]);
  }

  template <class M, class Z, class S, class P>
  static constexpr auto step(M& m, const Z& z, const S& s, const P& p) {
    const auto i = m.gate(mul_add(p[at<Pi>], s[at<C>], z[at<I>]));
    const auto f = m.gate(mul_add(p[at<Pf>], s[at<C>], z[at<F>]));
    const auto candidate = m.activation(z[at<G>]);
    const auto g = m.dropped_update(candidate);
    const auto c = m.dropped_cell(mul_add(f, s[at<C>], i * g));
    const auto o = m.gate(mul_add(p[at<Po>], c, z[at<O>]));
    const auto y = m.output_activation(c);
    const auto h = o * y;
    return next_states(h, c, i, f, o);
  }
};
