#include "scores.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "csv_text.h"
#include "sluice/report/leaderboard.h"

namespace sluice::cli {
namespace {

// A model of several runs once more, as the one forecast that is given: the mean of them.
ModelForecasts averaged(const ModelForecasts& model) {
  return {fmt::format("{}, mean of {}", model.name, model.runs.size()),
          model.baseline,
          model.detail,
          {model.mean()}};
}

LeaderboardRow row_of(const Backtest& backtest, const ModelForecasts& model) {
  const ModelScore score = score_model(backtest, model);
  LeaderboardRow row{model.name, {}, model.baseline, false, score.runs};
  for (const MetricInfo& info : metric_table())
    row.values.push_back({score.mean.*info.value, score.sd.*info.value});
  return row;
}

Json metrics_json(const ModelScore& score) {
  Json metrics = Json::object();
  for (const MetricInfo& info : metric_table()) {
    metrics[info.name] = number(score.mean.*info.value);
    if (score.runs > 1) metrics[info.name + "_sd"] = number(score.sd.*info.value);
  }
  return metrics;
}

Json windows_json(const Backtest& backtest, const ModelForecasts& model, const Series& series) {
  Json list = Json::array();
  for (size_t w = 0; w < backtest.plan.cutoffs.size(); ++w) {
    Json one = {{"cutoff", series.frame.label(backtest.plan.cutoffs[w] - 1)}};
    one.update(metrics_json(score_window(backtest, model, w)));
    list.push_back(one);
  }
  return list;
}

Json steps_json(const Backtest& backtest, const ModelForecasts& model) {
  Json list = Json::array();
  for (int step = 1; step <= backtest.plan.horizon; ++step) {
    Json one = {{"step", step}};
    one.update(metrics_json(score_step(backtest, model, step)));
    list.push_back(one);
  }
  return list;
}

}  // namespace

Leaderboard leaderboard_of(const Backtest& backtest) {
  Leaderboard board;
  for (const MetricInfo& info : metric_table())
    board.metrics.push_back({info.title, info.value == &Metrics::r2});
  for (const ModelForecasts& model : backtest.models) {
    board.rows.push_back(row_of(backtest, model));
    if (model.runs.size() > 1) board.rows.push_back(row_of(backtest, averaged(model)));
  }
  rank_leaderboard(board);
  return board;
}

std::string print_scores(const Backtest& backtest) {
  return print_leaderboard(leaderboard_of(backtest));
}

std::string print_steps(const Backtest& backtest) {
  if (backtest.plan.horizon == 1) return "";
  std::string text = "RMSE by step ahead\n";
  const int shown = std::min(backtest.plan.horizon, 12);
  const int every = (backtest.plan.horizon + shown - 1) / shown;
  text += fmt::format("{:<16}", "");
  for (int step = 1; step <= backtest.plan.horizon; step += every)
    text += fmt::format("{:>10}", step);
  for (const ModelForecasts& model : backtest.models) {
    text += fmt::format("\n{:<16}", model.name);
    for (int step = 1; step <= backtest.plan.horizon; step += every) {
      const double rmse = score_step(backtest, model, step).mean.rmse;
      text += std::isnan(rmse) ? fmt::format("{:>10}", "-") : fmt::format("{:>10.4g}", rmse);
    }
  }
  return text + "\n";
}

Json scores_json(const Backtest& backtest, const Series& series) {
  const Leaderboard board = leaderboard_of(backtest);
  Json rows = Json::array();
  for (const ModelForecasts& model : backtest.models) {
    const ModelScore score = score_model(backtest, model);
    Json row = {{"model", model.name}, {"baseline", model.baseline}, {"runs", score.runs}};
    if (!model.detail.empty()) row["detail"] = model.detail;
    row.update(metrics_json(score));
    if (model.runs.size() > 1)
      row["mean_forecast"] = metrics_json(score_model(backtest, averaged(model)));
    row["windows"] = windows_json(backtest, model, series);
    row["steps"] = steps_json(backtest, model);
    rows.push_back(row);
  }
  const auto winner = std::find_if(board.rows.begin(), board.rows.end(),
                                   [](const LeaderboardRow& row) { return row.winner; });
  return {{"winner", winner == board.rows.end() ? Json(nullptr) : Json(winner->model)},
          {"sentence", board.sentence},
          {"models", rows}};
}

std::string backtest_csv(const Backtest& backtest, const Series& series) {
  std::vector<const ModelForecasts*> order;
  for (const ModelForecasts& model : backtest.models)
    if (!model.baseline) order.push_back(&model);
  for (const ModelForecasts& model : backtest.models)
    if (model.baseline) order.push_back(&model);
  std::string text = "unique_id,ds,cutoff,y";
  std::vector<std::vector<double>> columns;
  for (const ModelForecasts* model : order) {
    text += "," + csv_field(model->name);
    columns.push_back(model->mean());
  }
  text += "\n";
  const auto horizon = static_cast<size_t>(backtest.plan.horizon);
  for (size_t i = 0; i < backtest.points(); ++i) {
    text += csv_field(series.target) + "," + csv_field(date_label(series.frame, backtest.row(i))) +
            "," + csv_field(date_label(series.frame, backtest.plan.cutoffs[i / horizon] - 1)) +
            "," + csv_number(backtest.actual[i]);
    for (const std::vector<double>& column : columns) text += "," + csv_number(column[i]);
    text += "\n";
  }
  return text;
}

}  // namespace sluice::cli
