#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "sluice/report/decimate.h"
#include "sluice/report/gnuplot.h"
#include "sluice/report/palette.h"
#include "sluice/report/text.h"
#include "sluice/report/ticks.h"

namespace sluice {

namespace {

constexpr double letter = 6.8;       // pixels of a narrow character at size 12
constexpr double legend_letter = 8;  // what gnuplot reckons with in the legend
constexpr int legend_row = 21, title_height = 34, label_row = 20, side = 24;

struct Range {
  double low = INFINITY, high = -INFINITY;
  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value), high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// The chart measured: what is drawn, over which ranges, in which rows of pixels from the top.
struct Layout {
  Chart chart;
  Range x, y;
  bool logarithmic = false;
  int legend_columns = 1, legend_rows = 0;
  std::vector<int> mark_rows;
  std::vector<Tick> y_ticks;
  int legend_top = 0, y_label_top = 0, marks_top = 0, plot_top = 0, plot_bottom = 0;
};

std::string shorten(const std::string& text, int width) {
  if (display_width(text) <= width) return text;
  std::string cut = to_utf8(text);
  while (!cut.empty() && display_width(cut) >= width) {
    while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xC0) == 0x80) cut.pop_back();
    if (!cut.empty()) cut.pop_back();
  }
  return cut + "…";
}

double x_at(const Line& line, size_t i) {
  return line.x.empty() ? static_cast<double>(i) : line.x[i];
}

void measure_ranges(Layout& layout) {
  for (const Line& line : layout.chart.lines)
    for (size_t i = 0; i < line.y.size(); ++i)
      if (std::isfinite(line.y[i])) layout.x.add(x_at(line, i)), layout.y.add(line.y[i]);
  for (const Band& band : layout.chart.bands)
    for (size_t i = 0; i < band.x.size(); ++i)
      layout.x.add(band.x[i]), layout.y.add(band.lower[i]), layout.y.add(band.upper[i]);
  layout.logarithmic = layout.chart.logarithmic && layout.y.low > 0;
  if (layout.chart.from_zero) layout.y.add(0);
  if (layout.x.low == layout.x.high) layout.x.low -= 1, layout.x.high += 1;
  Range& y = layout.y;
  if (layout.logarithmic) {
    const double room = std::pow(y.high / y.low, 0.05) * 1.02;
    y.low /= room, y.high *= room;
  } else {
    const double room = y.high > y.low ? 0.05 * (y.high - y.low) : std::abs(y.high) * 0.1 + 0.1;
    const bool at_zero = layout.chart.from_zero && y.low == 0;
    y.low -= at_zero ? 0 : room, y.high += room;
  }
}

const std::string& entry(const Line& line) { return line.legend.empty() ? line.name : line.legend; }

void measure_legend(Layout& layout) {
  std::set<std::string> entries;
  for (const Line& line : layout.chart.lines) entries.insert(entry(line));
  for (const Band& band : layout.chart.bands) entries.insert(band.name);
  int widest = 0;
  for (const std::string& text : entries) widest = std::max(widest, display_width(text));
  const int count = static_cast<int>(entries.size());
  const double column = widest * legend_letter + 64;
  layout.legend_columns =
      std::clamp(static_cast<int>((layout.chart.width - 2 * side) / column), 1, std::max(1, count));
  layout.legend_rows = (count + layout.legend_columns - 1) / layout.legend_columns;
}

// A mark's text goes one row up where it would run into the one before it.
void measure_marks(Layout& layout) {
  std::vector<VerticalMark>& marks = layout.chart.marks;
  std::erase_if(marks, [&](const VerticalMark& mark) {
    return !(mark.x >= layout.x.low && mark.x <= layout.x.high);
  });
  std::sort(marks.begin(), marks.end(),
            [](const VerticalMark& a, const VerticalMark& b) { return a.x < b.x; });
  const double scale = (layout.chart.width - 100) / (layout.x.high - layout.x.low);
  std::array<double, 3> ends{-1e9, -1e9, -1e9};
  for (const VerticalMark& mark : marks) {
    const double start = (mark.x - layout.x.low) * scale;
    size_t row = 0;
    while (row + 1 < ends.size() && ends[row] > start) ++row;
    ends[row] = start + display_width(mark.label) * letter + 2;
    layout.mark_rows.push_back(static_cast<int>(row));
  }
}

Layout lay_out(const Chart& chart) {
  Layout layout;
  layout.chart = chart;
  std::erase_if(layout.chart.lines, [](const Line& line) { return !line.shown; });
  layout.chart = decimate(layout.chart);
  measure_ranges(layout);
  layout.y_ticks = number_ticks(layout.y.low, layout.y.high, layout.logarithmic, 7);
  measure_legend(layout);
  measure_marks(layout);
  layout.legend_top = 14 + (chart.title.empty() ? 0 : title_height);
  layout.y_label_top = layout.legend_top + layout.legend_rows * legend_row + 8;
  layout.marks_top = layout.y_label_top + (chart.y_label.empty() ? 0 : label_row);
  const auto highest = std::max_element(layout.mark_rows.begin(), layout.mark_rows.end());
  const int rows = highest == layout.mark_rows.end() ? 0 : *highest + 1;
  layout.plot_top = layout.marks_top + rows * label_row + 4;
  layout.plot_bottom = 34 + (chart.x_label.empty() ? 0 : label_row) +
                       (layout.chart.caption.empty() ? 0 : label_row + 2);
  return layout;
}

std::string from_top(const Layout& layout, int pixels) {
  return gnuplot_number(1 - static_cast<double>(pixels) / layout.chart.height);
}

std::string label(const std::string& text, const std::string& place, const std::string& look) {
  return "set label " + gnuplot_quoted(text) + " at " + place + " " + look + "\n";
}

std::string color(const char* name) { return std::string(" textcolor rgb '") + name + "'"; }

std::string texts(const Layout& layout, PictureType type) {
  const Chart& chart = layout.chart;
  const std::string left = "screen " + gnuplot_number(static_cast<double>(side) / chart.width);
  const std::string large = type == PictureType::png ? ",13'" : ",17'";
  const int fitting = static_cast<int>((chart.width - 2 * side) / letter);
  std::string script;
  if (!chart.title.empty())
    script +=
        label(shorten(chart.title, fitting * 3 / 4), left + ", screen " + from_top(layout, 30),
              "left font '" + (gnuplot_font + large) + color(light_palette.ink));
  if (!chart.y_label.empty())
    script += label(shorten(chart.y_label, fitting),
                    left + ", screen " + from_top(layout, layout.y_label_top + 8),
                    "left" + color(light_palette.soft));
  if (!chart.caption.empty())
    script += label(shorten(chart.caption, fitting),
                    left + ", screen " + gnuplot_number(14.0 / chart.height),
                    "left" + color(light_palette.soft));
  if (!chart.x_label.empty()) {
    const int bottom = layout.plot_bottom - 44;
    script +=
        label(shorten(chart.x_label, fitting),
              "graph 0.5, screen " + gnuplot_number(static_cast<double>(bottom) / chart.height),
              "center" + color(light_palette.soft));
  }
  return script;
}

std::string marks(const Layout& layout) {
  std::string script;
  for (size_t i = 0; i < layout.chart.marks.size(); ++i) {
    const VerticalMark& mark = layout.chart.marks[i];
    const int top = layout.plot_top - 12 - layout.mark_rows[i] * label_row;
    if (mark.x > layout.x.low)
      script += "set arrow from " + gnuplot_number(mark.x) + ", graph 0 to " +
                gnuplot_number(mark.x) +
                ", graph 1 nohead back linewidth 1 dashtype (4,4) linecolor rgb '" +
                light_palette.soft + "'\n";
    script += label(mark.label, gnuplot_number(mark.x) + ", screen " + from_top(layout, top),
                    "left" + color(light_palette.soft));
  }
  return script;
}

double left_margin(const Layout& layout) {
  int widest = 0;
  for (const Tick& tick : layout.y_ticks) widest = std::max(widest, display_width(tick.label));
  return (side + widest * letter + 10) / layout.chart.width;
}

std::vector<Tick> x_ticks(const Layout& layout) {
  const Chart& chart = layout.chart;
  if (!chart.ticks.empty()) return chart.ticks;
  const int most = std::max(2, chart.width / 110);
  if (chart.time_axis) return time_ticks(layout.x.low, layout.x.high, most);
  std::vector<Tick> ticks =
      number_ticks(layout.x.low, layout.x.high, false, std::max(2, chart.width / 70));
  if (chart.whole_x)
    std::erase_if(ticks, [](const Tick& tick) { return tick.x != std::round(tick.x); });
  return ticks;
}

std::string axes(const Layout& layout, PictureType type) {
  const Chart& chart = layout.chart;
  const double key_inset = type == PictureType::png ? 6.5 : 9;  // the space inside gnuplot's key
  const std::string key_left = gnuplot_number((side - key_inset) / chart.width);
  const std::string bottom = gnuplot_number(static_cast<double>(layout.plot_bottom) / chart.height);
  std::string script = "set border 1 linecolor rgb '" + std::string(light_palette.soft) + "'\n";
  script += "set tics nomirror" + color(light_palette.soft) + "\n";
  script += "set xtics scale 0.5\nset ytics scale 0\n";
  script += "set grid ytics linetype 1 linewidth 1 linecolor rgb '";
  script += std::string(light_palette.faint) + "'\n";
  if (layout.logarithmic) script += "set logscale y\n";
  script +=
      "set xrange [" + gnuplot_number(layout.x.low) + ":" + gnuplot_number(layout.x.high) + "]\n";
  script +=
      "set yrange [" + gnuplot_number(layout.y.low) + ":" + gnuplot_number(layout.y.high) + "]\n";
  script += "set tmargin at screen " + from_top(layout, layout.plot_top) + "\n";
  script += "set bmargin at screen " + bottom + "\nset rmargin 4\n";
  script += "set lmargin at screen " + gnuplot_number(left_margin(layout)) + "\n";
  script += "set key at screen " + key_left + ", screen " + from_top(layout, layout.legend_top);
  script += " left top horizontal maxcols " + std::to_string(layout.legend_columns);
  script += " Left reverse samplen 2.5 noenhanced" + color(light_palette.ink) + "\n";
  return script + "set xtics " + gnuplot_ticks(x_ticks(layout)) + "set ytics " +
         gnuplot_ticks(layout.y_ticks);
}

std::string data_block(const std::string& name, const std::vector<std::vector<double>>& columns) {
  std::string block = "$" + name + " << END_OF_DATA\n";
  for (size_t i = 0; i < columns[0].size(); ++i) {
    const bool known = std::all_of(columns.begin(), columns.end(), [&](const auto& column) {
      return i < column.size() && std::isfinite(column[i]);
    });
    std::string row;
    for (const auto& column : columns)
      if (known) row += (row.empty() ? "" : " ") + gnuplot_number(column[i]);
    block += row + "\n";  // an empty row interrupts the line
  }
  return block + "END_OF_DATA\n";
}

const char* line_color(const Line& line, int place) {
  if (line.role == LineRole::actual) return light_palette.ink;
  const auto& colors =
      line.role == LineRole::baseline ? light_palette.baselines : light_palette.models;
  return colors[static_cast<size_t>(place % palette_size)];
}

// Whether a line alone would show too little: it has few points, or one between two gaps.
bool needs_dots(const Line& line) {
  const auto known = [&](size_t i) { return i < line.y.size() && std::isfinite(line.y[i]); };
  size_t count = 0;
  bool alone = false;
  for (size_t i = 0; i < line.y.size(); ++i) {
    if (!known(i)) continue;
    ++count;
    alone |= !known(i + 1) && (i == 0 || !known(i - 1));
  }
  return alone || count <= 40;
}

std::string line_style(const Line& line, const char* name) {
  const bool points = line.style == LineStyle::points;
  const bool dots = needs_dots(line);
  const bool thin = line.role == LineRole::baseline || !line.legend.empty();
  std::string style = points ? "points" : dots ? "linespoints" : "lines";
  style += std::string(" linecolor rgb '") + name + "'";
  if (!points) style += thin ? " linewidth 1.2" : " linewidth 1.8";
  if (line.style == LineStyle::dashed) style += " dashtype (7,4)";
  if (points || dots)
    style += points ? " pointtype 7 pointsize 0.55" : " pointtype 7 pointsize 0.35";
  return style;
}

std::string plot(const Layout& layout) {
  std::string blocks, list;
  std::set<std::string> entries;
  const int longest = static_cast<int>((layout.chart.width - 2 * side - 64) / letter);
  const auto title = [&](const std::string& name) {
    return entries.insert(name).second ? " title " + gnuplot_quoted(shorten(name, longest))
                                       : " notitle";
  };
  for (size_t i = 0; i < layout.chart.bands.size(); ++i) {
    const Band& band = layout.chart.bands[i];
    const std::string name = "band" + std::to_string(i);
    const size_t place = static_cast<size_t>(std::max(0, band.color) % palette_size);
    blocks += data_block(name, {band.x, band.lower, band.upper});
    list += std::string(list.empty() ? "" : ", \\\n  ") + "$" + name +
            " using 1:2:3 with filledcurves linecolor rgb '" + light_palette.models[place] +
            "' fillstyle transparent solid 0.18 noborder" + title(band.name);
  }
  int next_color = 0;
  for (size_t i = 0; i < layout.chart.lines.size(); ++i) {
    const Line& line = layout.chart.lines[i];
    const std::string name = "line" + std::to_string(i);
    std::vector<double> x(line.y.size());
    for (size_t k = 0; k < x.size(); ++k) x[k] = x_at(line, k);
    const bool automatic = line.color < 0 && line.role != LineRole::actual;
    const int place = automatic ? next_color++ : std::max(0, line.color);
    blocks += data_block(name, {x, line.y});
    list += std::string(list.empty() ? "" : ", \\\n  ") + "$" + name + " using 1:2 with " +
            line_style(line, line_color(line, place)) + title(entry(line));
  }
  return blocks + "plot " + list + "\n";
}

}  // namespace

std::string gnuplot_script(const Chart& chart, PictureType type, const std::string& picture_name) {
  const Layout layout = lay_out(chart);
  return gnuplot_terminal(chart.width, chart.height, type, picture_name) + texts(layout, type) +
         marks(layout) + axes(layout, type) + plot(layout);
}

}  // namespace sluice
