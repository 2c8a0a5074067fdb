#include "sluice/train/cross_entropy.h"

#include <cmath>
#include <cstdio>
#include <limits>

#include "sluice/base/error.h"
#include "sluice/tensor/pool_array.h"
#include "sluice/tensor/softmax_rows.h"
#include "sluice/train/loss_mean.h"
#include "sluice/train/optimizer_options.h"

namespace sluice {

namespace {

std::string text_of(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", number);
  return text;
}

/// −ln softmax(logits)[truth], mixed with the mean over all classes by `smoothing`. `slopes` gets
/// the gradient times `share`.
template <class T>
double cross_entropy_row(const T* logits, int64_t classes, int64_t truth, double smoothing,
                         double share, T* slopes) {
  const auto [greatest, sum] = exponentials(logits, slopes, classes);
  const double each = smoothing / static_cast<double>(classes);
  const T factor = static_cast<T>(share / sum), less = static_cast<T>(each * share);
  for (int64_t i = 0; i < classes; ++i) slopes[i] = slopes[i] * factor - less;
  slopes[truth] -= static_cast<T>((1 - smoothing) * share);
  double aimed = (1 - smoothing) * static_cast<double>(logits[truth]);
  for (int64_t i = 0; smoothing > 0 && i < classes; ++i)
    aimed += each * static_cast<double>(logits[i]);
  return std::log(sum) + static_cast<double>(greatest) - aimed;
}

struct CrossEntropyRule {
  double smoothing = 0;
  double ignored = std::numeric_limits<double>::quiet_NaN();
  int64_t classes = 0;
  static int outputs() { return 0; }

  template <class T>
  double cost(const T* logits, const T* truth, T* slopes, int64_t begin, int64_t end,
              T share) const {
    double total = 0;
    PoolArray<T> unwanted(slopes ? 0 : classes);
    for (int64_t i = begin; i < end; ++i) {
      T* const slope = slopes ? slopes + i * classes : unwanted.data();
      if (static_cast<double>(truth[i]) == ignored) {
        if (slopes) std::fill_n(slope, classes, T(0));
        continue;
      }
      total += cross_entropy_row(logits + i * classes, classes, static_cast<int64_t>(truth[i]),
                                 smoothing, static_cast<double>(share), slope);
    }
    return total;
  }
};

class CrossEntropy : public RuleLoss<CrossEntropyRule> {
 public:
  using RuleLoss::RuleLoss;

  Variable operator()(const Variable& prediction, const Tensor& target,
                      const Padding& padding) const override {
    CrossEntropyRule rule = rule_;
    rule.classes = check_loss_shapes(prediction, target, padding, 0);
    check_classes(target, padding, rule.classes);
    return mean_loss(rule, prediction, target, padding, rule.classes, counted(target, padding));
  }

  bool counts(double target) const override { return target != rule_.ignored; }
  bool predicts_class() const override { return true; }

  int64_t counted(const Tensor& target, const Padding& padding) const override {
    return static_cast<int64_t>(sum_counting(target, padding, [](double) { return 1.0; }));
  }

  Tensor parameters(const Tensor& prediction) const override {
    Tensor probabilities = Tensor::uninitialized(prediction.shape(), prediction.dtype());
    const int64_t classes = prediction.size(-1);
    dispatch(prediction.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < prediction.numel(); i += classes)
        softmax_row(prediction.data<T>() + i, nullptr, probabilities.data<T>() + i, classes);
    });
    return probabilities;
  }

 private:
  // Sum of what(target) over the targets that count.
  template <class What>
  double sum_counting(const Tensor& target, const Padding& padding, What&& what) const {
    double total = 0;
    dispatch(target.dtype(), [&](auto zero) {
      const auto* const values = target.data<decltype(zero)>();
      total = sum_real(target.shape(), padding, 1, [&](int64_t begin, int64_t end) {
        double sum = 0;
        for (int64_t i = begin; i < end; ++i) {
          const auto value = static_cast<double>(values[i]);
          if (counts(value)) sum += what(value);
        }
        return sum;
      });
    });
    return total;
  }

  void check_classes(const Tensor& target, const Padding& padding, int64_t classes) const {
    sum_counting(target, padding, [&](double value) {
      if (value >= 0 && value < static_cast<double>(classes) && value == std::floor(value))
        return 0.0;
      fail_data("train.class", "targets",
                "one of them is " + text_of(value) + ", which is none of the " +
                    std::to_string(classes) + " classes",
                "number the classes from 0, or set ignore_index where a target is to be left out");
    });
  }
};

}  // namespace

std::unique_ptr<Loss> make_cross_entropy(const Options& options) {
  CrossEntropyRule rule;
  rule.smoothing = read_share(options, "label_smoothing", 0);
  if (options.has("ignore_index")) rule.ignored = options.get_int("ignore_index", -1);
  return std::make_unique<CrossEntropy>(rule);
}

}  // namespace sluice
