// A trained model as one thing: from the rows that are known to the values that come next.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/forecast/recipe.h"
#include "sluice/forecast/series.h"
#include "sluice/forecast/training.h"
#include "sluice/io/model_file.h"

namespace sluice {

/// What fit() needs besides the rows.
struct FitOptions {
  /// fit_on=all: the rows the scaling is fitted on, test rows included; null: the training rows.
  const Series* scale_rows = nullptr;
  TrainingOutput output;
  /// Called before each network is trained: how many are done, how many there are.
  std::function<void(int done, int total)> on_member;
};

/// `seeds` networks on one encoding of a series; their mean is the forecast.
class Forecaster {
 public:
  /// `recipe` must be resolved (resolve.h). Throws the errors of the encoder and the trainer.
  static Forecaster fit(const Series& training, const Recipe& recipe, const FitOptions& options);

  /// The `horizon` values after the last row of `rows` (target_at=same: of the last rows), one
  /// forecast for each seed: [seeds][horizon]. Sees nothing but `rows`. Throws Error
  /// "data.too_short" if they are fewer than rows_needed().
  std::vector<std::vector<double>> forecast(const Series& rows) const;
  int64_t rows_needed() const { return encoder_.rows_needed(); }

  /// The recipe with the number of epochs that was chosen.
  const Recipe& recipe() const { return recipe_; }
  /// "gru", "lstm+dropout+linear": the column name of its forecasts.
  std::string name() const;
  int64_t parameter_count() const;
  const std::vector<Member>& members() const { return members_; }
  /// True if Ctrl-C ended training early; what was learnt until then is kept.
  bool interrupted() const;

  /// Puts weights, scalers and recipe into a model file; the inverse throws Error "model.…".
  void save(ModelFile& file) const;
  static Forecaster load(const ModelFile& file, const std::string& path);

 private:
  std::vector<double> run(const Member& member, const Series& rows) const;

  Recipe recipe_;
  Encoder encoder_;
  std::vector<Member> members_;
};

}  // namespace sluice
