#include "document.h"

#include <fmt/core.h>

#include <ctime>

#include "scores.h"
#include "sluice/data/time_format.h"

namespace sluice::cli {
namespace {

std::vector<double> mean_of(const std::vector<std::vector<double>>& runs) {
  return ModelForecasts{"", false, "", runs}.mean();
}

// Forecasts at the rows they were made for; the latest window wins where windows overlap.
std::vector<double> at_rows(const Backtest& backtest, const std::vector<double>& said,
                            size_t rows) {
  std::vector<double> values(rows, not_known);
  for (size_t i = 0; i < said.size(); ++i) values[static_cast<size_t>(backtest.row(i))] = said[i];
  return values;
}

void add_series(ReportDocument& document, const StoredModel& model) {
  const Picture& picture = model.picture;
  SeriesPart& series = document.series;
  series.name = picture.target;
  series.times = picture.times;
  series.labels = picture.labels;
  series.actual = picture.values;
  series.marks.push_back({0, "training"});
  if (!model.backtest) return;
  series.marks.push_back({model.backtest->plan.training_rows(), "test"});
  for (const ModelForecasts& one : model.backtest->models)
    series.predicted.push_back(
        {one.name, at_rows(*model.backtest, one.mean(), picture.values.size()), one.baseline});
}

void add_forecast(ReportDocument& document, const StoredModel& model) {
  const Picture& picture = model.picture;
  if (picture.forecast.empty()) return;
  document.forecast.times = picture.future_times;
  document.forecast.labels = picture.future;
  document.forecast.models.push_back(
      {model.forecaster.name(), mean_of(picture.forecast), {}, {}, false});
}

void add_backtest(ReportDocument& document, const Backtest& backtest) {
  document.leaderboard = leaderboard_of(backtest);
  if (backtest.plan.horizon == 1) return;
  document.horizon.metric = "RMSE";
  for (const ModelForecasts& model : backtest.models) {
    ModelValues values{model.name, {}, model.baseline};
    for (int step = 1; step <= backtest.plan.horizon; ++step)
      values.values.push_back(score_step(backtest, model, step).mean.rmse);
    document.horizon.models.push_back(std::move(values));
  }
}

void add_loss(ReportDocument& document, const StoredModel& model) {
  document.loss_name = model.forecaster.recipe().loss.name;
  for (const Basis& basis : model.forecaster.bases()) {
    std::string chain;
    if (model.forecaster.bases().size() > 1)
      for (const std::string& name : basis.encoder.options().transform) chain += ", " + name;
    for (size_t k = 0; k < basis.members.size(); ++k) {
      const History& history = basis.members[k].history;
      LossCurve curve = {
          fmt::format("seed {}{}", model.forecaster.recipe().seed + static_cast<int64_t>(k), chain),
          history.loss, history.val_loss, history.restored_best ? history.best_epoch : -1};
      document.loss.push_back(curve);
      document.metrics.resize(history.metrics.size());
      for (size_t m = 0; m < history.metrics.size(); ++m) {
        curve.train = history.metrics[m].train;
        curve.validation = history.metrics[m].val;
        document.metrics[m].name = history.metrics[m].name;
        document.metrics[m].curves.push_back(curve);
      }
    }
  }
}

void add_facts(ReportDocument& document, const StoredModel& model) {
  const Picture& picture = model.picture;
  document.facts = {{"file", picture.file},
                    {"target", picture.target},
                    {"rows", std::to_string(picture.values.size())},
                    {"frequency", picture.frequency}};
  if (!picture.labels.empty())
    document.facts.push_back({"period", picture.labels.front() + " to " + picture.labels.back()});
  document.facts.push_back(
      {"model", fmt::format("{}, {} parameters, {} seeds", model.forecaster.name(),
                            model.forecaster.parameter_count(),
                            model.forecaster.recipe().seeds.value_or(1))});
  document.notes = picture.read;
  document.notes.insert(document.notes.end(), picture.inferred.begin(), picture.inferred.end());
}

void add_warnings(ReportDocument& document, const StoredModel& model) {
  if (model.forecaster.recipe().fit_on == "all")
    document.warnings.push_back(
        "The scaling was fitted on all rows, test rows included: the errors of that row flatter.");
  if (model.forecaster.interrupted())
    document.warnings.push_back("Training was interrupted; this is the best model until then.");
  if (!model.backtest)
    document.warnings.push_back(
        "There is no backtest in the model file, so nothing says how well "
        "this model forecasts.");
}

}  // namespace

ReportDocument document_of(const StoredModel& model) {
  ReportDocument document;
  document.title = "Forecast of " + model.picture.target;
  document.subtitle = model.picture.file;
  document.created = format_time(std::time(nullptr), "%Y-%m-%d %H:%M UTC");
  document.recipe = recipe_text(model.forecaster.recipe());
  add_facts(document, model);
  add_warnings(document, model);
  add_loss(document, model);
  add_series(document, model);
  add_forecast(document, model);
  if (model.backtest) add_backtest(document, *model.backtest);
  return document;
}

}  // namespace sluice::cli
