#include "sluice/report/html_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "sluice/report/leaderboard.h"
#include "sluice/report/text.h"
#include "sluice/report/ticks.h"

namespace sluice {

namespace {

std::string element(const std::string& name, const std::string& text) {
  return "<" + name + ">" + escape_html(text) + "</" + name.substr(0, name.find(' ')) + ">\n";
}

std::string section(const std::string& id, const std::string& title, const std::string& content) {
  return "<section id=\"" + id + "\">\n" + element("h2", title) + content + "</section>\n";
}

std::string list(const std::vector<std::string>& items, const std::string& attributes) {
  if (items.empty()) return "";
  std::string text = "<ul" + attributes + ">\n";
  for (const std::string& item : items) text += element("li", item);
  return text + "</ul>\n";
}

/// How one metric is written: its decimals, and a column for the spread if any row has one, so
/// that the means stand one under another.
struct MetricFormat {
  int decimals = 0;
  bool has_spread = false;
};

MetricFormat metric_format(const Leaderboard& board, size_t metric) {
  std::vector<double> means;
  MetricFormat format;
  for (const LeaderboardRow& row : board.rows) {
    means.push_back(row.values[metric].mean);
    format.has_spread |= !std::isnan(row.values[metric].sd);
  }
  format.decimals = decimals_for(means);
  return format;
}

std::string value_cells(const MetricValue& value, const MetricFormat& format) {
  const std::string mean = format_number(value.mean, format.decimals);
  if (!format.has_spread) return "<td>" + mean + "</td>";
  const std::string spread =
      std::isnan(value.sd) ? "" : "± " + format_number(value.sd, format.decimals);
  return "<td class=\"mean\">" + mean + "</td><td class=\"sd\">" + spread + "</td>";
}

// A number stays with its sign and its unit.
std::string keep_together(std::string html) {
  for (const std::string sign : {" ± ", " %"})
    for (size_t at = html.find(sign); at != std::string::npos; at = html.find(sign, at)) {
      const std::string kept = sign == " %" ? "&nbsp;%" : "&nbsp;±&nbsp;";
      html.replace(at, sign.size(), kept);
      at += kept.size();
    }
  return html;
}

std::string percent(double share) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.1f%%", 100 * std::clamp(share, 0.0, 1.0));
  return text.data();
}

// The bar shows the first metric against the largest of its column.
std::string leaderboard_row(const LeaderboardRow& row, const std::vector<MetricFormat>& formats,
                            double largest) {
  std::string kind = row.is_baseline ? "baseline" : "model";
  if (row.winner) kind += " winner";
  std::string name = escape_html(row.model);
  if (row.is_baseline) name += " <small>baseline</small>";
  if (row.winner) name += " <small class=\"best\">best</small>";
  std::string text = "<tr class=\"" + kind + "\"><th scope=\"row\">" + name + "</th>";
  for (size_t i = 0; i < row.values.size(); ++i) text += value_cells(row.values[i], formats[i]);
  const double first = row.values[0].mean;
  if (largest > 0 && first >= 0)
    text += "<td class=\"bar\" aria-hidden=\"true\"><i style=\"width:" + percent(first / largest) +
            "\"></i></td>";
  else
    text += "<td class=\"bar\"></td>";
  return text + "</tr>\n";
}

std::string step_label(const ForecastPart& forecast, const std::vector<std::string>& names,
                       size_t step) {
  return step < names.size()
             ? names[step]
             : "step " + std::to_string(step + 1) + (forecast.models.empty() ? "" : " ahead");
}

}  // namespace

std::string page_header(const ReportDocument& document) {
  std::string text = "<header>\n" + element("h1", document.title);
  if (!document.subtitle.empty()) text += element("p class=\"subtitle\"", document.subtitle);
  const std::string sentence = document.leaderboard.sentence.empty()
                                   ? leaderboard_sentence(document.leaderboard)
                                   : document.leaderboard.sentence;
  if (!sentence.empty())
    text += "<p class=\"verdict\">" + keep_together(escape_html(sentence)) + "</p>\n";
  return text + list(document.warnings, " class=\"warnings\" aria-label=\"warnings\"") +
         "</header>\n";
}

std::string leaderboard_section(const ReportDocument& document) {
  const Leaderboard& board = document.leaderboard;
  if (board.rows.empty() || board.metrics.empty()) return "";
  std::vector<MetricFormat> formats;
  std::string head = "<thead><tr><th scope=\"col\">model</th>";
  for (size_t i = 0; i < board.metrics.size(); ++i) {
    formats.push_back(metric_format(board, i));
    const std::string name = escape_html(board.metrics[i].name) + "</th>";
    head += formats[i].has_spread ? "<th scope=\"col\" class=\"mean\">" + name + "<td></td>"
                                  : "<th scope=\"col\">" + name;
  }
  double largest = 0;
  for (const LeaderboardRow& row : board.rows)
    if (std::isfinite(row.values[0].mean)) largest = std::max(largest, row.values[0].mean);
  std::string rows;
  for (const LeaderboardRow& row : board.rows) rows += leaderboard_row(row, formats, largest);
  const std::string bar =
      "<th scope=\"col\" class=\"bar\">" + escape_html(board.metrics[0].name) + " compared</th>";
  return section("leaderboard", "Leaderboard",
                 "<div class=\"scroll\"><table class=\"leaderboard\">\n" + head + bar +
                     "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table></div>\n");
}

std::string figure_section(const NamedChart& figure) {
  const Chart& chart = figure.chart;
  const std::string name =
      escape_html(chart.title + (chart.y_label.empty() ? "" : ": ") + chart.y_label);
  return section(figure.name, chart.title,
                 "<figure data-chart=\"" + figure.name + "\">\n<div class=\"legend\"></div>\n" +
                     element("p class=\"unit\"", chart.y_label) +
                     "<div class=\"canvas\"><canvas role=\"img\" aria-label=\"" + name +
                     "\"></canvas></div>\n<figcaption></figcaption>\n</figure>\n");
}

std::string forecast_table(const ReportDocument& document) {
  const ForecastPart& forecast = document.forecast;
  if (forecast.models.empty()) return "";
  size_t steps = 0;
  std::vector<double> values;
  std::string head = "<th scope=\"col\">date</th>";
  for (const ForecastValues& model : forecast.models) {
    steps = std::max(steps, model.values.size());
    values.insert(values.end(), model.values.begin(), model.values.end());
    head += "<th scope=\"col\">" + escape_html(model.name) + "</th>";
    if (!model.lower.empty())
      head += "<th scope=\"col\">" + escape_html(forecast.interval) + "</th>";
  }
  const int decimals = std::min(decimals_for(values), 4);
  const auto show = [&](const std::vector<double>& list_of_values, size_t step) {
    return step < list_of_values.size() ? format_number(list_of_values[step], decimals) : "";
  };
  const std::vector<std::string> names =
      forecast.labels.empty() ? time_labels(forecast.times) : forecast.labels;
  std::string rows;
  for (size_t step = 0; step < steps; ++step) {
    rows += "<tr><th scope=\"row\">" + escape_html(step_label(forecast, names, step)) + "</th>";
    for (const ForecastValues& model : forecast.models) {
      rows += "<td>" + show(model.values, step) + "</td>";
      if (!model.lower.empty())
        rows += "<td>" + show(model.lower, step) + " to " + show(model.upper, step) + "</td>";
    }
    rows += "</tr>\n";
  }
  return "<details>\n<summary>The forecast as a table</summary>\n<div class=\"scroll\"><table>\n"
         "<thead><tr>" +
         head + "</tr></thead>\n<tbody>\n" + rows + "</tbody>\n</table></div>\n</details>\n";
}

std::string facts_section(const ReportDocument& document) {
  if (document.facts.empty() && document.notes.empty()) return "";
  std::string content;
  if (!document.facts.empty()) {
    content += "<dl>\n";
    for (const Fact& fact : document.facts)
      content += element("dt", fact.name) + element("dd", fact.value);
    content += "</dl>\n";
  }
  return section("facts", "What was read", content + list(document.notes, " class=\"notes\""));
}

std::string recipe_section(const ReportDocument& document) {
  if (document.recipe.empty()) return "";
  return section("recipe", "Recipe",
                 "<pre><code>" + escape_html(document.recipe) + "</code></pre>\n");
}

std::string page_footer(const ReportDocument& document) {
  std::string text = "Made by sluice " SLUICE_VERSION;
  if (!document.created.empty()) text += ", " + document.created;
  return "<footer>\n" + element("p", text + ". Nothing on this page comes from the network.") +
         "<noscript><p>The figures need JavaScript.</p></noscript>\n</footer>\n";
}

}  // namespace sluice
