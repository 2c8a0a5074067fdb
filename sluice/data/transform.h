// Changes of a series that a network learns better from, each with its exact way back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/registry.h"

namespace sluice {

/// Names a position of a series in messages: "sales.csv:17", column "y".
struct SeriesPlace {
  std::string source;
  std::string column;
  std::span<const int64_t> row_numbers;  ///< line of each value; may be empty

  std::string where(int64_t index) const;
};

struct TransformOptions {
  int season = 0;            ///< steps in a season, for the seasonal ones
  double low = 0, high = 1;  ///< range of minmax
};

/// One transform of one series. What it learns, it learns in fit() from the training rows alone.
class Transform {
 public:
  virtual ~Transform() = default;
  virtual const char* name() const = 0;

  /// Learns from the training rows; throws Error "data.constant", "data.not_positive",
  /// "data.too_short" where the transform is impossible.
  virtual void fit(std::span<const double> train, const SeriesPlace& place) = 0;
  /// Values at the start of a series that have no transformed value (they become NaN).
  virtual int64_t warmup() const { return 0; }
  /// True for last_value: it acts on each window, not on the series.
  virtual bool per_window() const { return false; }
  /// Transforms a whole series in place, from its first row on. A leading NaN stays NaN.
  virtual void apply(std::span<double> series, const SeriesPlace& place) const = 0;
  /// Takes transformed values of the steps after `history` back, in place. `history`: the
  /// untransformed values up to and including the origin, at least max(1, warmup()) of them.
  virtual void invert(std::span<const double> history, std::span<double> forecast) const = 0;

  /// What was learnt, by name, for the model file.
  virtual std::vector<std::pair<std::string, double>> parameters() const { return {}; }
  /// Throws Error "model.transform" if a name is missing or unknown.
  virtual void load(const std::vector<std::pair<std::string, double>>& parameters) = 0;
};

using TransformRow = RegistryRow<std::unique_ptr<Transform> (*)(const TransformOptions& options)>;
/// none, log, difference, seasonal_difference, seasonal_ratio, last_value, minmax, standard.
std::span<const TransformRow> transform_registry();
/// Throws Error "config.unknown_transform" with the nearest name.
std::unique_ptr<Transform> make_transform(const std::string& name, const TransformOptions& options);

/// A transform by name and numbers, as a file keeps it.
struct SavedTransform {
  std::string name;
  std::vector<std::pair<std::string, double>> parameters;
};

/// Transforms one after the other; last_value, wherever it is named, acts on the windows last.
class TransformChain {
 public:
  TransformChain() = default;
  TransformChain(const std::vector<std::string>& names, const TransformOptions& options);
  TransformChain(TransformChain&&) noexcept = default;
  TransformChain& operator=(TransformChain&&) noexcept = default;

  /// Learns every stage from the training rows (the first stage's output feeds the second …).
  void fit(std::span<const double> train, const SeriesPlace& place = {});
  int64_t warmup() const;
  /// True if windows are to be taken relative to their last value (WindowColumn::relative).
  bool relative() const { return relative_; }
  /// The transformed series, same length, NaN in the first warmup() rows.
  std::vector<double> apply(std::span<const double> series, const SeriesPlace& place = {}) const;
  /// Takes a forecast [H] of the steps after `history` back to the units of the series, adding the
  /// last value if relative(). `history`: original values up to the origin, more than warmup().
  std::vector<double> invert(std::span<const double> history,
                             std::span<const double> forecast) const;

  std::vector<std::string> names() const;
  std::vector<SavedTransform> save() const;
  static TransformChain load(const std::vector<SavedTransform>& saved);

 private:
  std::vector<std::unique_ptr<Transform>> stages_;
  bool relative_ = false;
};

}  // namespace sluice
