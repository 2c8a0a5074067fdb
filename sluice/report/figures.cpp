#include "sluice/report/figures.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "sluice/io/atomic_file.h"
#include "sluice/report/ticks.h"

namespace sluice {

namespace {

/// A model has one colour in all figures: nets and baselines are counted apart.
class Colors {
 public:
  explicit Colors(const ReportDocument& document) {
    for (const LeaderboardRow& row : document.leaderboard.rows) add(row.model, row.is_baseline);
    for (const ModelValues& model : document.series.predicted) add(model.name, model.is_baseline);
    for (const ForecastValues& model : document.forecast.models) add(model.name, model.is_baseline);
    for (const ModelValues& model : document.horizon.models) add(model.name, model.is_baseline);
  }
  int of(const std::string& name) const { return numbers_.at(name); }

 private:
  void add(const std::string& name, bool is_baseline) {
    int& next = is_baseline ? baselines_ : models_;
    if (numbers_.emplace(name, next).second) ++next;
  }
  std::map<std::string, int> numbers_;
  int models_ = 0, baselines_ = 0;
};

/// The rows of the series and of the future on one axis: dates, or row numbers from 1.
struct Axis {
  std::vector<double> x;
  std::vector<std::string> names;
};

Axis make_axis(const std::vector<int64_t>& times, const std::vector<std::string>& labels,
               size_t count, size_t rows_before) {
  Axis axis;
  for (size_t i = 0; i < count; ++i)
    axis.x.push_back(times.empty() ? static_cast<double>(rows_before + i + 1)
                                   : static_cast<double>(times[i]));
  axis.names = labels.size() == count ? labels : time_labels(times);
  return axis;
}

void add_names(Chart& chart, const Axis& axis, size_t from = 0) {
  for (size_t i = from; i < axis.names.size() && i < axis.x.size(); ++i)
    chart.point_names.push_back({axis.x[i], axis.names[i]});
}

// Besides the nets only the best baseline is drawn at first: more would hide the values.
std::string best_baseline(const ReportDocument& document) {
  for (const LeaderboardRow& row : document.leaderboard.rows)
    if (row.is_baseline) return row.model;
  for (const ModelValues& model : document.series.predicted)
    if (model.is_baseline) return model.name;
  return "";
}

Line model_line(const std::string& name, bool is_baseline, const Colors& colors) {
  Line line{name, {}};
  line.color = colors.of(name);
  if (is_baseline) line.role = LineRole::baseline, line.style = LineStyle::dashed;
  return line;
}

bool has_value(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

Axis series_axis(const ReportDocument& document) {
  const SeriesPart& series = document.series;
  return make_axis(series.times, series.labels, series.actual.size(), 0);
}

Chart series_chart(const ReportDocument& document, const Colors& colors) {
  const SeriesPart& series = document.series;
  const Axis axis = series_axis(document);
  Chart chart;
  chart.title = "Real and predicted";
  chart.y_label = series.name;
  chart.time_axis = !series.times.empty();
  if (!chart.time_axis) chart.x_label = "row";
  add_names(chart, axis);
  chart.lines.push_back({"real values", series.actual, axis.x});
  chart.lines.back().role = LineRole::actual;
  const std::string shown = best_baseline(document);
  for (const ModelValues& model : series.predicted) {
    if (!has_value(model.values)) continue;
    Line line = model_line(model.name, model.is_baseline, colors);
    line.x = axis.x, line.y = model.values;
    line.y.resize(axis.x.size(), not_known);
    line.shown = !model.is_baseline || model.name == shown;
    chart.lines.push_back(std::move(line));
  }
  for (const SplitMark& mark : series.marks)
    if (mark.row >= 0 && static_cast<size_t>(mark.row) < axis.x.size())
      chart.marks.push_back({axis.x[static_cast<size_t>(mark.row)], mark.label});
  return chart;
}

// The last known rows and the future. A long past would leave the forecast no room.
Chart forecast_chart(const ReportDocument& document, const Colors& colors) {
  const ForecastPart& forecast = document.forecast;
  Axis past = series_axis(document);
  if (forecast.times.empty())  // dates without a rhythm have no next one: rows are counted
    for (size_t row = 0; row < past.x.size(); ++row) past.x[row] = static_cast<double>(row + 1);
  size_t steps = 0;
  for (const ForecastValues& model : forecast.models) steps = std::max(steps, model.values.size());
  const Axis future = make_axis(forecast.times, forecast.labels, steps, past.x.size());
  const size_t kept = std::min(past.x.size(), std::max<size_t>(36, 3 * steps));
  const size_t from = past.x.size() - kept;

  Chart chart;
  chart.title = "Forecast";
  chart.y_label = document.series.name;
  chart.time_axis = !forecast.times.empty();
  if (!chart.time_axis) chart.x_label = "row";
  add_names(chart, past, from);
  add_names(chart, future);
  const auto start = static_cast<std::ptrdiff_t>(from);
  if (kept > 0) {
    chart.lines.push_back(
        {"real values", {document.series.actual.begin() + start, document.series.actual.end()}});
    chart.lines.back().x.assign(past.x.begin() + start, past.x.end());
    chart.lines.back().role = LineRole::actual;
  }
  const std::string shown = best_baseline(document);
  for (const ForecastValues& model : forecast.models) {
    Line line = model_line(model.name, model.is_baseline, colors);
    line.y = model.values;
    line.x.assign(future.x.begin(), future.x.begin() + static_cast<std::ptrdiff_t>(line.y.size()));
    line.shown = !model.is_baseline || model.name == shown;
    if (!model.lower.empty() && line.shown)
      chart.bands.push_back({forecast.interval, line.x, model.lower, model.upper, line.color});
    chart.lines.push_back(std::move(line));
  }
  if (kept > 0 && steps > 0) chart.marks.push_back({future.x.front(), "forecast"});
  return chart;
}

Chart horizon_chart(const ReportDocument& document, const Colors& colors) {
  Chart chart;
  chart.title = "Error at each step ahead";
  chart.y_label = document.horizon.metric;
  chart.x_label = "steps ahead";
  chart.whole_x = chart.from_zero = true;
  for (const ModelValues& model : document.horizon.models) {
    Line line = model_line(model.name, model.is_baseline, colors);
    line.y = model.values;
    for (size_t h = 0; h < line.y.size(); ++h) line.x.push_back(static_cast<double>(h + 1));
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

// A logarithmic axis where the losses span a factor of thirty: else all but the start is flat.
bool spans_magnitudes(const Chart& chart) {
  double lowest = INFINITY, highest = 0;
  for (const Line& line : chart.lines)
    for (const double value : line.y) {
      if (!std::isfinite(value)) continue;
      lowest = std::min(lowest, value), highest = std::max(highest, value);
    }
  return lowest > 0 && highest > 30 * lowest;
}

Line loss_line(const LossCurve& curve, const char* part, bool alone) {
  const bool training = std::string(part) == "training";
  Line line{alone ? part : curve.name + ", " + part, training ? curve.train : curve.validation};
  for (size_t epoch = 0; epoch < line.y.size(); ++epoch)
    line.x.push_back(static_cast<double>(epoch + 1));
  line.legend = part;
  line.color = training ? 0 : 1;
  return line;
}

Chart training_chart(const std::string& title, const std::string& name,
                     const std::vector<LossCurve>& curves) {
  Chart chart;
  chart.title = title;
  chart.y_label = name;
  chart.x_label = "epoch";
  chart.whole_x = true;
  const bool alone = curves.size() == 1;
  for (const LossCurve& curve : curves) {
    if (!curve.train.empty()) chart.lines.push_back(loss_line(curve, "training", alone));
    if (!curve.validation.empty()) chart.lines.push_back(loss_line(curve, "validation", alone));
    if (alone && curve.best_epoch >= 0)
      chart.marks.push_back({static_cast<double>(curve.best_epoch + 1), "kept"});
  }
  if (!alone) chart.caption = "One line for each of " + std::to_string(curves.size()) + " seeds.";
  chart.logarithmic = spans_magnitudes(chart);
  return chart;
}

size_t longest(const std::vector<ModelValues>& models) {
  size_t length = 0;
  for (const ModelValues& model : models) length = std::max(length, model.values.size());
  return length;
}

bool can_draw(const Chart& chart) {
  return std::any_of(chart.lines.begin(), chart.lines.end(),
                     [](const Line& line) { return has_value(line.y); });
}

}  // namespace

std::vector<NamedChart> figures_of(const ReportDocument& document) {
  const Colors colors(document);
  std::vector<NamedChart> figures;
  const auto add = [&](const std::string& name, Chart chart) {
    if (can_draw(chart)) figures.push_back({name, std::move(chart)});
  };
  if (!document.series.actual.empty()) add("series", series_chart(document, colors));
  if (!document.forecast.models.empty()) add("forecast", forecast_chart(document, colors));
  if (longest(document.horizon.models) > 1) add("horizon", horizon_chart(document, colors));
  if (!document.loss.empty())
    add("loss", training_chart("Loss while training", document.loss_name, document.loss));
  for (const MetricCurves& metric : document.metrics)
    add("training_" + metric.name,
        training_chart(metric.name + " while training", metric.name, metric.curves));
  return figures;
}

std::vector<std::string> write_figures(const ReportDocument& document, const std::string& folder) {
  const bool made = !std::filesystem::exists(folder);
  make_folder(folder);
  std::vector<std::string> paths;
  try {
    for (const NamedChart& figure : figures_of(document))
      for (const char* ending : {".png", ".svg"}) {
        write_chart(figure.chart, folder + "/" + figure.name + ending);
        paths.push_back(folder + "/" + figure.name + ending);
      }
  } catch (...) {
    // All figures or none, and no empty folder: without gnuplot nothing is left behind.
    std::error_code ignored;
    for (const std::string& path : paths) std::filesystem::remove(path, ignored);
    if (made) std::filesystem::remove(folder, ignored);
    throw;
  }
  return paths;
}

}  // namespace sluice
