#include "sluice/train/element_loss.h"

#include <cmath>

#include "sluice/base/error.h"
#include "sluice/train/loss_mean.h"

namespace sluice {

namespace {

// A rule from what one prediction of one target costs, and the slope of that.
template <class One>
struct ElementRule {
  One one = {};
  static int outputs() { return 1; }

  template <class T>
  double cost(const T* guess, const T* truth, T* slopes, int64_t begin, int64_t end,
              T share) const {
    if (slopes)
      for (int64_t i = begin; i < end; ++i) slopes[i] = one.slope(guess[i], truth[i]) * share;
    return sum_lanes(begin, end, [=, this](int64_t i) {
      return one.cost(static_cast<double>(guess[i]), static_cast<double>(truth[i]));
    });
  }
};

template <class T>
T sign(T error) {
  return error != error ? error : static_cast<T>((error > 0) - (error < 0));
}

struct Squared {
  static double cost(double guess, double truth) { return (guess - truth) * (guess - truth); }
  template <class T>
  static T slope(T guess, T truth) {
    return T(2) * (guess - truth);
  }
};

struct Absolute {
  static double cost(double guess, double truth) { return std::abs(guess - truth); }
  template <class T>
  static T slope(T guess, T truth) {
    return sign(guess - truth);
  }
};

struct Huber {
  double delta = 1;
  double cost(double guess, double truth) const {
    const double error = std::abs(guess - truth);
    return error <= delta ? 0.5 * error * error : delta * (error - 0.5 * delta);
  }
  template <class T>
  T slope(T guess, T truth) const {
    return std::clamp(guess - truth, static_cast<T>(-delta), static_cast<T>(delta));
  }
};

struct LogCosh {
  static double cost(double guess, double truth) {
    const double error = std::abs(guess - truth);
    return error + std::log1p(std::exp(-2 * error)) - 0.69314718055994531;
  }
  template <class T>
  static T slope(T guess, T truth) {
    return std::tanh(guess - truth);
  }
};

struct Percentage {
  static constexpr double least = 1e-7;  // Keras': a target of 0 has no percentage
  static double cost(double guess, double truth) {
    return 100 * std::abs(guess - truth) / std::max(std::abs(truth), least);
  }
  template <class T>
  static T slope(T guess, T truth) {
    return sign(guess - truth) * (T(100) / std::max(std::abs(truth), static_cast<T>(least)));
  }
};

template <class T>
T sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

struct Binary {
  static double cost(double logit, double truth) {
    return std::max(logit, 0.0) - logit * truth + std::log1p(std::exp(-std::abs(logit)));
  }
  template <class T>
  static T slope(T logit, T truth) {
    return sigmoid(logit) - truth;
  }
};

class BinaryLoss : public RuleLoss<ElementRule<Binary>> {
 public:
  using RuleLoss::RuleLoss;
  bool predicts_class() const override { return true; }
  Tensor parameters(const Tensor& prediction) const override {
    Tensor probabilities = prediction.clone();
    dispatch(prediction.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (T& value : probabilities.values<T>()) value = sigmoid(value);
    });
    return probabilities;
  }
};

template <class One>
std::unique_ptr<Loss> made(One one = {}) {
  return std::make_unique<RuleLoss<ElementRule<One>>>(ElementRule<One>{one});
}

}  // namespace

std::unique_ptr<Loss> make_mse(const Options&) { return made<Squared>(); }
std::unique_ptr<Loss> make_mae(const Options&) { return made<Absolute>(); }

std::unique_ptr<Loss> make_huber(const Options& options) {
  const double delta = options.get_double("delta", 1);
  if (delta <= 0)
    fail_config("config.range", "huber.delta", "it must be above 0", "write for example delta: 1");
  return made(Huber{delta});
}

std::unique_ptr<Loss> make_log_cosh(const Options&) { return made<LogCosh>(); }
std::unique_ptr<Loss> make_mape(const Options&) { return made<Percentage>(); }

std::unique_ptr<Loss> make_binary_cross_entropy(const Options&) {
  return std::make_unique<BinaryLoss>(ElementRule<Binary>{});
}

Variable mse_loss(const Variable& prediction, const Tensor& target, const Padding& padding) {
  return RuleLoss<ElementRule<Squared>>({})(prediction, target, padding);
}

Variable mae_loss(const Variable& prediction, const Tensor& target, const Padding& padding) {
  return RuleLoss<ElementRule<Absolute>>({})(prediction, target, padding);
}

}  // namespace sluice
