// Scores of the data that training sees, kept batch by batch.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/train/loss.h"

namespace sluice {

/// What every metric is made from: sums over the targets that count. One accumulator for all data,
/// so that a score does not depend on how the data were cut into batches.
struct ScoreSums {
  double count = 0;
  double absolute = 0, squares = 0;  ///< of the errors
  double mean = 0, spread = 0;       ///< of the targets: their mean, and Σ (y − mean)²
  double hits = 0;                   ///< targets that the prediction names rightly
  double loss = 0;                   ///< Σ loss

  /// `value` is the loss of this batch. The predictions are read as points (Loss::point).
  void add(const Loss& loss, double value, const Tensor& prediction, const Tensor& target,
           const Padding& padding);
};

/// The score, and whether it means anything under a loss.
struct TrainingMetric {
  double (*value)(const ScoreSums& sums);
  bool (*suits)(const Loss& loss);
};

/// accuracy, perplexity, rmse, mae, r2.
std::span<const RegistryRow<TrainingMetric>> training_metric_registry();

/// The rows of these names; throws Error "config.unknown_metric" with the nearest name, or
/// "config.metric" for one that means nothing under this loss.
std::vector<TrainingMetric> find_training_metrics(const std::vector<std::string>& names,
                                                  const Loss& loss);

}  // namespace sluice
