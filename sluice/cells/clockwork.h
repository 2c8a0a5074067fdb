// Clockwork RNN (Koutnik et al. 2014): h' = tanh(W x + U h + b) of the modules whose clock ticks,
// the others keep their h. A module reads those as slow as itself or slower. Any cell may have
// clocks; here they are the point.
struct Clockwork {
  static constexpr const char* title = "Clockwork RNN";
  static constexpr GateSpec gates[] = {{"h", X | H, 0}};
  static constexpr const char* states[] = {"h"};
  static constexpr int periods[] = {1, 2, 4, 8};

  template <class M, class Z, class S>
  static constexpr auto step(M& m, const Z& z, const S&) {
    const auto h = m.activation(z[at<0>]);
    return next_states(h);
  }
};
