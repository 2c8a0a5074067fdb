#include "sluice/train/likelihood_loss.h"

#include <array>
#include <cmath>
#include <numbers>

#include "sluice/train/gamma.h"
#include "sluice/train/loss_mean.h"

namespace sluice {

namespace {

// A number that the model gives, as a parameter, and the slope of that.
struct Parameter {
  double value, slope;
};

constexpr double least = 1e-6;  // a deviation of 0 would have an infinite density

Parameter as_is(double x) { return {x, 1}; }
Parameter positive(double x) {
  return {std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) + least, 1 / (1 + std::exp(-x))};
}

// What a target costs, and the slopes by the parameters.
template <size_t Count>
struct Cost {
  double value;
  std::array<double, Count> slopes;
};

struct Gaussian {
  static constexpr size_t count = 2;
  static std::array<Parameter, 2> read(const std::array<double, 2>& x) {
    return {as_is(x[0]), positive(x[1])};
  }
  static Cost<2> cost(double y, const std::array<Parameter, 2>& p) {
    const double deviation = p[1].value, z = (y - p[0].value) / deviation;
    return {0.91893853320467274 + std::log(deviation) + 0.5 * z * z,
            {-z / deviation, (1 - z * z) / deviation}};
  }
};

struct StudentT {
  static constexpr size_t count = 3;
  static std::array<Parameter, 3> read(const std::array<double, 3>& x) {
    Parameter freedom = positive(x[2]);
    freedom.value += 2 - least;
    return {as_is(x[0]), positive(x[1]), freedom};
  }
  static Cost<3> cost(double y, const std::array<Parameter, 3>& p) {
    const double scale = p[1].value, v = p[2].value, z = (y - p[0].value) / scale;
    const double spread = 1 + z * z / v, log_spread = std::log1p(z * z / v);
    const double pull = (v + 1) * z / (v * spread);
    const double value = log_gamma(v / 2) - log_gamma((v + 1) / 2) +
                         0.5 * std::log(v * std::numbers::pi) + std::log(scale) +
                         0.5 * (v + 1) * log_spread;
    const double by_freedom =
        0.5 * (digamma(v / 2) - digamma((v + 1) / 2) + 1 / v + log_spread - pull * z / v);
    return {value, {-pull / scale, (1 - pull * z) / scale, by_freedom}};
  }
};

struct NegativeBinomial {
  static constexpr size_t count = 2;
  static std::array<Parameter, 2> read(const std::array<double, 2>& x) {
    return {positive(x[0]), positive(x[1])};
  }
  static Cost<2> cost(double y, const std::array<Parameter, 2>& p) {
    const double mean = p[0].value, alpha = p[1].value, r = 1 / alpha;
    const double log_rest = std::log1p(alpha * mean), rest = 1 + alpha * mean;
    const double value = log_gamma(y + 1) + log_gamma(r) - log_gamma(y + r) + r * log_rest -
                         y * (std::log(alpha * mean) - log_rest);
    const double miss = (mean - y) / rest;
    return {value, {miss / mean, (digamma(y + r) - digamma(r) - log_rest) * r * r + miss / alpha}};
  }
};

template <class Law>
struct LikelihoodRule {
  static constexpr size_t count = Law::count;
  static int outputs() { return static_cast<int>(count); }

  template <class T>
  static std::array<Parameter, count> read(const T* guess) {
    std::array<double, count> given;
    for (size_t k = 0; k < count; ++k) given[k] = static_cast<double>(guess[k]);
    return Law::read(given);
  }

  template <class T>
  double cost(const T* guess, const T* truth, T* slopes, int64_t begin, int64_t end,
              T share) const {
    double total = 0;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i * static_cast<int64_t>(count);
      const auto parameters = read(guess + at);
      const auto one = Law::cost(static_cast<double>(truth[i]), parameters);
      total += one.value;
      for (size_t k = 0; slopes && k < count; ++k)
        slopes[at + static_cast<int64_t>(k)] =
            static_cast<T>(one.slopes[k] * parameters[k].slope) * share;
    }
    return total;
  }
};

template <class Law>
class Likelihood : public RuleLoss<LikelihoodRule<Law>> {
 public:
  Likelihood() : RuleLoss<LikelihoodRule<Law>>({}) {}

  Tensor parameters(const Tensor& prediction) const override {
    Tensor result = Tensor::uninitialized(prediction.shape(), prediction.dtype());
    dispatch(prediction.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < result.numel(); i += static_cast<int64_t>(Law::count)) {
        const auto read = LikelihoodRule<Law>::read(prediction.data<T>() + i);
        for (size_t k = 0; k < Law::count; ++k)
          result.data<T>()[i + static_cast<int64_t>(k)] = static_cast<T>(read[k].value);
      }
    });
    return result;
  }
};

}  // namespace

std::unique_ptr<Loss> make_gaussian(const Options&) {
  return std::make_unique<Likelihood<Gaussian>>();
}
std::unique_ptr<Loss> make_student_t(const Options&) {
  return std::make_unique<Likelihood<StudentT>>();
}
std::unique_ptr<Loss> make_negative_binomial(const Options&) {
  return std::make_unique<Likelihood<NegativeBinomial>>();
}

}  // namespace sluice
