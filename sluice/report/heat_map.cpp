#include "sluice/report/heat_map.h"

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/report/gnuplot.h"
#include "sluice/report/palette.h"
#include "sluice/report/text.h"

namespace sluice {

namespace {

constexpr int square = 26, side = 24, title_height = 40, label_height = 26, scale_width = 90;

void check(const HeatMap& map, const std::string& path) {
  bool fits = !map.rows.empty() && !map.columns.empty() && map.values.size() == map.rows.size();
  for (const auto& row : map.values) fits &= row.size() == map.columns.size();
  if (!fits)
    fail_config("report.chart", path,
                "the values are not " + std::to_string(map.rows.size()) + " rows of " +
                    std::to_string(map.columns.size()),
                "give one value for every named row and column");
  if (!(map.least < map.greatest))
    fail_config("report.chart", path, "the least value is not below the greatest",
                "widths of colour need two ends");
}

std::vector<Tick> ticks_of(const std::vector<std::string>& names) {
  std::vector<Tick> ticks;
  for (const std::string& name : names) ticks.push_back({static_cast<double>(ticks.size()), name});
  return ticks;
}

std::string data_of(const HeatMap& map) {
  std::string block = "$cells << END_OF_DATA\n";
  for (const auto& row : map.values) {
    for (const double value : row)
      block += (std::isfinite(value) ? gnuplot_number(value) : std::string("NaN")) + " ";
    block += "\n";
  }
  return block + "END_OF_DATA\n";
}

std::string label(const std::string& text, int from_left, int from_top, int width, int height,
                  const std::string& look) {
  return "set label " + gnuplot_quoted(text) + " at screen " +
         gnuplot_number(static_cast<double>(from_left) / width) + ", screen " +
         gnuplot_number(1 - static_cast<double>(from_top) / height) + " left " + look + "\n";
}

std::string script(const HeatMap& map, PictureType type, const std::string& picture_name) {
  const auto columns = static_cast<int>(map.columns.size()),
             rows = static_cast<int>(map.rows.size());
  int widest = 0;
  for (const std::string& name : map.rows) widest = std::max(widest, display_width(name));
  const int left = side + 10 + 8 * widest;
  const int top =
      (map.title.empty() ? side : title_height) + (map.y_label.empty() ? 0 : label_height);
  const int bottom = side + label_height * (map.x_label.empty() ? 1 : 2);
  const int title = 2 * side + 9 * display_width(map.title);
  const int width = std::max(left + columns * square + scale_width, title);
  const int height = top + rows * square + bottom;
  const auto at_x = [&](int x) { return gnuplot_number(static_cast<double>(x) / width); };
  const auto from_top = [&](int y) { return gnuplot_number(1 - static_cast<double>(y) / height); };
  const std::string soft = std::string(" textcolor rgb '") + light_palette.soft + "'";
  const std::string large = std::string("font '") + gnuplot_font +
                            (type == PictureType::png ? ",13'" : ",17'") + " textcolor rgb '" +
                            light_palette.ink + "'";
  std::string text = gnuplot_terminal(width, height, type, picture_name);
  text += label(map.title, side, 26, width, height, large);
  text += label(map.y_label, side, top - 14, width, height, soft);
  text += label(map.x_label, left, height - side + 4, width, height, soft);
  text += "set lmargin at screen " + at_x(left) + "\n";
  text += "set rmargin at screen " + at_x(left + columns * square) + "\n";
  text += "set tmargin at screen " + from_top(top) + "\n";
  text += "set bmargin at screen " + from_top(top + rows * square) + "\n";
  text += "unset key\nset tics scale 0" + soft + "\n";
  text += std::string("set border linecolor rgb '") + light_palette.faint + "'\n";
  text += std::string("set palette defined (0 '") + light_palette.paper + "', 1 '" +
          light_palette.models[0] + "')\n";
  text += "set cbrange [" + gnuplot_number(map.least) + ":" + gnuplot_number(map.greatest) + "]\n";
  text += "set xrange [-0.5:" + gnuplot_number(columns - 0.5) + "]\n";
  text += "set yrange [" + gnuplot_number(rows - 0.5) + ":-0.5]\n";
  text += "set xtics " + gnuplot_ticks(ticks_of(map.columns));
  text += "set ytics " + gnuplot_ticks(ticks_of(map.rows));
  // Squares, not one picture within the picture: sharp at any size, and text in the file.
  return text + data_of(map) + "plot $cells matrix with image pixels\n";
}

}  // namespace

void write_heat_map(const HeatMap& map, const std::string& path) {
  check(map, path);
  write_picture(path,
                [&](PictureType type, const std::string& name) { return script(map, type, name); });
}

}  // namespace sluice
