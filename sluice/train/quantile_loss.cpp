#include "sluice/train/quantile_loss.h"

#include <cmath>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/train/loss_mean.h"

namespace sluice {

namespace {

struct PinballRule {
  std::vector<double> quantiles;
  int outputs() const { return static_cast<int>(quantiles.size()); }

  template <class T>
  double cost(const T* guess, const T* truth, T* slopes, int64_t begin, int64_t end,
              T share) const {
    const auto count = static_cast<int64_t>(quantiles.size());
    double total = 0;
    for (int64_t i = begin; i < end; ++i)
      for (int64_t q = 0; q < count; ++q) {
        const double level = quantiles[static_cast<size_t>(q)];
        const int64_t at = i * count + q;
        const double error = static_cast<double>(truth[i]) - static_cast<double>(guess[at]);
        total += error >= 0 ? level * error : (level - 1) * error;
        if (slopes)
          slopes[at] = slope(static_cast<T>(error), level) * share / static_cast<T>(count);
      }
    return total / static_cast<double>(count);
  }

  // By the guess; 0 where it is the target itself, as for the mean absolute error.
  template <class T>
  static T slope(T error, double level) {
    if (error != error) return error;
    return error > 0 ? static_cast<T>(-level) : error < 0 ? static_cast<T>(1 - level) : T(0);
  }
};

class Pinball : public RuleLoss<PinballRule> {
 public:
  using RuleLoss::RuleLoss;

 protected:
  int point_index() const override {
    size_t nearest = 0;
    for (size_t i = 1; i < rule_.quantiles.size(); ++i)
      if (std::abs(rule_.quantiles[i] - 0.5) < std::abs(rule_.quantiles[nearest] - 0.5))
        nearest = i;
    return static_cast<int>(nearest);
  }
};

}  // namespace

std::unique_ptr<Loss> make_pinball(const Options& options) {
  const PinballRule rule{options.get_doubles("quantiles", {0.1, 0.5, 0.9})};
  for (double level : rule.quantiles)
    if (!(level > 0 && level < 1))
      fail_config("config.range", "pinball.quantiles", "a quantile lies between 0 and 1",
                  "write for example quantiles: [0.1, 0.5, 0.9]");
  return std::make_unique<Pinball>(rule);
}

}  // namespace sluice
