// The update rules of the optimizers as numbers, and what runs them on the processor's vectors.
#pragma once

#include <array>
#include <cstdint>

namespace sluice {

/// A run of numbers of one parameter, with what the optimizer remembers of each. A rule's moments
/// stand first; the rest are null.
template <class T>
struct UpdateRun {
  const T* grad;
  T* value;
  std::array<T*, 3> moments;
  int64_t count;
  double decay;   ///< share of a number that is added to its gradient
  double shrink;  ///< what a number is multiplied by first
};

/// Moments: the velocity, where momentum is not 0.
struct SgdRule {
  double rate = 0, momentum = 0, fresh = 1;
  bool nesterov = false, keras = false;
};

/// Moments: means of the gradient and of its square, and with amsgrad the largest of the latter.
struct AdamRule {
  double fresh1 = 0, beta2 = 0, fresh2 = 0, epsilon = 0;
  double rate = 0, root_scale = 1;
  double gradient_rate = 0;  ///< of NAdam: the share of the step that is the gradient itself
};

/// Moments: the mean of the squared gradient, where centered that of the gradient, and the velocity
/// where momentum is not 0.
struct RmspropRule {
  double rate = 0, rho = 0, fresh = 0, epsilon = 0, momentum = 0;
  bool centered = false, keras = false;
};

/// Moments: the sum of the squared gradients.
struct AdagradRule {
  double rate = 0, epsilon = 0;
  bool keras = false;
};

/// Moments: means of the squared gradients and of the squared steps.
struct AdadeltaRule {
  double rate = 0, rho = 0, fresh = 0, epsilon = 0;
};

/// Moments: the gradient before, and the size of the step.
struct RpropRule {
  double shrink = 0, grow = 0, smallest = 0, largest = 0;
};

// Every rule with the least and the most moments it has, for what is said of each of them.
#define SLUICE_UPDATE_RULES(X) \
  X(Sgd, 0, 1) X(Adam, 2, 3) X(Rmsprop, 1, 3) X(Adagrad, 1, 1) X(Adadelta, 2, 2) X(Rprop, 2, 2)

/// One update of every number. No fused multiply-adds, so that every instruction set gives the same
/// bits; the order of operations is PyTorch's, or Keras' where the rule says so.
#define SLUICE_DECLARE_UPDATE(NAME, LEAST, MOST)                          \
  void apply_update(const NAME##Rule& rule, const UpdateRun<float>& run); \
  void apply_update(const NAME##Rule& rule, const UpdateRun<double>& run);
SLUICE_UPDATE_RULES(SLUICE_DECLARE_UPDATE)
#undef SLUICE_DECLARE_UPDATE

}  // namespace sluice
