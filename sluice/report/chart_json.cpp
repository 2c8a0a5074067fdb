#include "sluice/report/chart_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sluice/report/decimate.h"
#include "sluice/report/ticks.h"

namespace sluice {

namespace {

using nlohmann::json;

constexpr int most_ticks = 9;

// Seven digits are more than any screen shows; NaN becomes null, which interrupts a line.
json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const double scale = std::pow(10, 6 - std::floor(std::log10(std::abs(value))));
  const double rounded = std::round(value * scale) / scale;
  return std::isfinite(rounded) ? rounded : value;
}

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

// x is exact: a point's name is found by it.
json places(const std::vector<double>& x, size_t count) {
  json list = json::array();
  for (size_t i = 0; i < count; ++i) list.push_back(x.empty() ? static_cast<double>(i) : x[i]);
  return list;
}

json pairs(const std::vector<Tick>& ticks) {
  json list = json::array();
  for (const Tick& tick : ticks) list.push_back({tick.x, tick.label});
  return list;
}

const char* style_name(LineStyle style) {
  switch (style) {
    case LineStyle::dashed:
      return "dashed";
    case LineStyle::points:
      return "points";
    default:
      return "solid";
  }
}

const char* role_name(LineRole role) {
  switch (role) {
    case LineRole::actual:
      return "actual";
    case LineRole::baseline:
      return "baseline";
    default:
      return "model";
  }
}

json line_json(const Line& line, int place) {
  return {{"name", line.name},
          {"legend", line.legend.empty() ? line.name : line.legend},
          {"shared", !line.legend.empty()},
          {"style", style_name(line.style)},
          {"role", role_name(line.role)},
          {"color", place},
          {"shown", line.shown},
          {"x", places(line.x, line.y.size())},
          {"y", numbers(line.y)}};
}

std::vector<Tick> date_ticks(const Chart& chart) {
  double first = INFINITY, last = -INFINITY;
  for (const Line& line : chart.lines)
    for (const double x : line.x) first = std::min(first, x), last = std::max(last, x);
  return time_ticks(first, last, most_ticks);
}

// Round places on a logarithmic axis, where Chart.js' own are crowded; empty for a linear one.
json logarithmic_axis(const Chart& chart) {
  double low = INFINITY, high = -INFINITY;
  for (const Line& line : chart.lines)
    for (const double y : line.y)
      if (std::isfinite(y)) low = std::min(low, y), high = std::max(high, y);
  if (!chart.logarithmic || !(low > 0)) return nullptr;
  const double room = std::pow(high / low, 0.04) * 1.02;
  low /= room, high *= room;
  return {{"min", low}, {"max", high}, {"ticks", pairs(number_ticks(low, high, true, 7))}};
}

json chart_json(const NamedChart& figure) {
  const Chart chart = decimate(figure.chart);
  json lines = json::array(), bands = json::array(), marks = json::array();
  int next_color = 0;
  for (const Line& line : chart.lines) {
    const bool automatic = line.color < 0 && line.role != LineRole::actual;
    lines.push_back(line_json(line, automatic ? next_color++ : std::max(0, line.color)));
  }
  for (const Band& band : chart.bands)
    bands.push_back({{"name", band.name},
                     {"color", std::max(0, band.color)},
                     {"x", places(band.x, band.x.size())},
                     {"lower", numbers(band.lower)},
                     {"upper", numbers(band.upper)}});
  for (const VerticalMark& mark : chart.marks) marks.push_back({mark.x, mark.label});
  const bool dates = chart.ticks.empty() && chart.time_axis;
  return {{"id", figure.name},
          {"x_label", chart.x_label},
          {"caption", chart.caption},
          {"whole_x", chart.whole_x},
          {"from_zero", chart.from_zero},
          {"logarithmic", logarithmic_axis(chart)},
          {"ticks", pairs(dates ? date_ticks(chart) : chart.ticks)},
          {"point_names", pairs(chart.point_names)},
          {"lines", lines},
          {"bands", bands},
          {"marks", marks}};
}

}  // namespace

std::string charts_json(const std::vector<NamedChart>& figures) {
  json list = json::array();
  for (const NamedChart& figure : figures) list.push_back(chart_json(figure));
  const std::string text = list.dump(-1, ' ', true, json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {  // "<" occurs in strings only
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

}  // namespace sluice
