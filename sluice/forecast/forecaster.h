// A trained model as one thing: from the rows that are known to the values that come next.
#pragma once

#include <memory>
#include <optional>
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
  /// Epochs for each chain of transforms where they are known from an earlier fit; empty: chosen.
  std::vector<int> epochs;
  TrainingOutput output;
  /// Called before each network is trained and at the end: how many are done, of how many.
  std::function<void(int done, int total)> on_member;
};

/// `seeds` networks on each encoding of a series; the mean of all is the forecast.
class Forecaster {
 public:
  /// `recipe` must be resolved (resolve.h). Throws the errors of the encoder and the trainer.
  static Forecaster fit(const Series& training, const Recipe& recipe, const FitOptions& options);

  /// The `horizon` values after the last row of `rows` (target_at=same: of the last rows), one
  /// forecast for each seed: [seeds][horizon]. Sees nothing but `rows`. Throws Error
  /// "data.too_short" if they are fewer than rows_needed().
  std::vector<std::vector<double>> forecast(const Series& rows) const;
  /// Monte-Carlo dropout (Gal and Ghahramani 2016): `count` such forecasts with the networks' masks
  /// drawn as in training, [count][horizon], by the seeds in turn; the same for the same recipe.
  /// What they spread over is what the networks are unsure of; the noise of the data itself is not
  /// in it (forecast/spread.h). Throws Error "train.no_masks" where no layer drops anything.
  std::vector<std::vector<double>> sample(const Series& rows, int count) const;
  int64_t rows_needed() const;

  const Recipe& recipe() const { return recipe_; }
  /// "gru", "lstm+linear": the column name of its forecasts.
  std::string name() const;
  /// Of all networks of one seed.
  int64_t parameter_count() const;
  /// Epochs for each chain of transforms.
  std::vector<int> epochs() const;
  const std::vector<Basis>& bases() const { return bases_; }
  /// True if Ctrl-C ended training early; what was learnt until then is kept.
  bool interrupted() const;

  /// Puts weights, scalers and recipe into a model file; the inverse throws Error "model.…".
  void save(ModelFile& file) const;
  static Forecaster load(const ModelFile& file, const std::string& path);

 private:
  void check_rows(const Series& rows) const;
  std::vector<double> mean_of_bases(const Series& rows, size_t seed,
                                    std::optional<int> sample) const;
  std::vector<double> run(const Basis& basis, const Series& rows, size_t seed,
                          const MaskKey* masks) const;

  Recipe recipe_;
  std::vector<Basis> bases_;
};

}  // namespace sluice
