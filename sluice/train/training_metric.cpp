#include "sluice/train/training_metric.h"

#include <cmath>

#include "sluice/base/error.h"
#include "sluice/train/loss_mean.h"

namespace sluice {

void ScoreSums::add(const Loss& loss_function, double value, const Tensor& prediction,
                    const Tensor& target, const Padding& padding) {
  const Tensor points = loss_function.point(prediction, target.shape());
  const double before = count;
  dispatch(target.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *guess = points.data<T>(), *truth = target.data<T>();
    const auto run = [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto y = static_cast<double>(truth[i]), said = static_cast<double>(guess[i]);
        if (!loss_function.counts(y)) continue;
        count += 1;
        absolute += std::abs(said - y);
        squares += (said - y) * (said - y);
        hits += std::round(said) == y;
        const double away = y - mean;  // Welford's: sums of squares would cancel
        mean += away / count;
        spread += away * (y - mean);
      }
    };
    if (padding.lengths.empty()) return run(0, target.numel());
    for (int64_t row = 0; row < target.size(0); ++row)
      for_each_run(target.shape(), padding, row, run);
  });
  loss += value * (count - before);
}

std::span<const RegistryRow<TrainingMetric>> training_metric_registry() {
  static const auto of_classes = [](const Loss& loss) { return loss.predicts_class(); };
  static const auto of_values = [](const Loss& loss) { return !loss.predicts_class(); };
  static const std::vector<RegistryRow<TrainingMetric>> rows = {
      {"accuracy",
       "share of the targets whose class is the likeliest",
       {},
       {[](const ScoreSums& s) { return s.hits / s.count; }, of_classes}},
      {"perplexity",
       "exp of the mean cross_entropy",
       {},
       {[](const ScoreSums& s) { return std::exp(s.loss / s.count); },
        [](const Loss& loss) { return loss.outputs() == 0; }}},
      {"rmse",
       "root of the mean squared error, in the units that the network sees",
       {},
       {[](const ScoreSums& s) { return std::sqrt(s.squares / s.count); }, of_values}},
      {"mae",
       "mean absolute error, in the units that the network sees",
       {},
       {[](const ScoreSums& s) { return s.absolute / s.count; }, of_values}},
      {"r2",
       "1 less the squared errors as a share of those of the mean target",
       {},
       {[](const ScoreSums& s) { return s.spread > 0 ? 1 - s.squares / s.spread : NAN; },
        of_values}},
  };
  return rows;
}

std::vector<TrainingMetric> find_training_metrics(const std::vector<std::string>& names,
                                                  const Loss& loss) {
  std::vector<TrainingMetric> found;
  for (const std::string& name : names) {
    const TrainingMetric& metric = find_row(training_metric_registry(), name, "metric").make;
    if (!metric.suits(loss)) {
      std::string others;
      for (const auto& row : training_metric_registry())
        if (row.make.suits(loss)) others += (others.empty() ? "" : ", ") + row.name;
      fail_config("config.metric", "metrics", name + " means nothing under this loss",
                  "choose of " + others);
    }
    found.push_back(metric);
  }
  return found;
}

}  // namespace sluice
