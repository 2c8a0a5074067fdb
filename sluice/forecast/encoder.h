// How rows become numbers that a model learns from, and its answers become values again.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/data/transform.h"
#include "sluice/data/window.h"
#include "sluice/forecast/series.h"

namespace sluice {

struct EncoderOptions {
  std::vector<std::string> transform;  ///< of the target, in order
  std::string scale = "none";          ///< of the target after `transform`, and of every covariate
  int season = 1;
  int lookback = 12, horizon = 1, window_step = 1;
  bool lookback_as_features = false, same_step = false, whole_series = false;
  std::vector<CalendarFeature> calendar;  ///< of the first target date
  DType dtype = DType::f32;
};

/// Transforms, scaling and windows of one model, fitted once on its training rows.
class Encoder {
 public:
  Encoder() = default;
  explicit Encoder(EncoderOptions options);

  /// Learns the transforms and scales from these rows.
  void fit(const Series& training);
  /// Windows whose targets lie in rows [target_begin, target_end) (-1: to the end).
  WindowSet windows(const Series& rows, int64_t target_begin = 0, int64_t target_end = -1) const;
  /// The one window that ends at the last row: what a forecast starts from.
  WindowSet last_window(const Series& rows) const;
  /// The inputs of every step up to the last row as one sequence [1,T,F]: what a network that was
  /// trained on the whole series runs over.
  Tensor sequence(const Series& rows) const;
  /// Takes what a model says of the steps after `history` [H] back to the units of the target.
  std::vector<double> decode(std::span<const double> history,
                             std::span<const double> forecast) const;

  /// Numbers of one step of a window, of its calendar, and of the whole window without calendar.
  int step_size() const;
  int calendar_size() const { return calendar_width(options_.calendar); }
  int flat_size() const {
    return step_size() * (options_.lookback_as_features ? 1 : options_.lookback);
  }
  /// Rows before the first that can be the origin of a window.
  int64_t rows_needed() const;
  const EncoderOptions& options() const { return options_; }

  /// What was learnt, for the model file: the target's chain first, then one per covariate.
  std::vector<std::vector<SavedTransform>> save() const;
  void load(const std::vector<std::vector<SavedTransform>>& saved);

 private:
  struct Encoded;
  Encoded encode(const Series& rows, bool with_target) const;
  WindowOptions window_options() const;

  EncoderOptions options_;
  TransformChain target_;
  std::vector<TransformChain> past_;
};

/// The windows flattened for a linear model: [N, flat_size() + calendar_size()].
struct Matrix {
  int64_t rows = 0, columns = 0;
  std::vector<double> values;
  std::span<const double> row(int64_t i) const {
    return std::span(values).subspan(static_cast<size_t>(i * columns),
                                     static_cast<size_t>(columns));
  }
};
Matrix flat_inputs(const WindowSet& windows);
Matrix targets(const WindowSet& windows);

}  // namespace sluice
