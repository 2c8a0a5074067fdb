// A picture of a matrix: the larger a number, the darker its square.
#pragma once

#include <string>
#include <vector>

namespace sluice {

struct HeatMap {
  std::string title, x_label, y_label;
  std::vector<std::string> columns = {}, rows = {};  ///< their names; rows from the top
  std::vector<std::vector<double>> values = {};      ///< a list for each row; NaN: an empty square
  double least = 0, greatest = 1;                    ///< the values of white and of the darkest
};

/// Draws into `path` with gnuplot; the ending chooses PNG or SVG. Throws Error "report.chart"
/// unless there is a value for every row and column and `least` is below `greatest`, and else as
/// write_chart().
void write_heat_map(const HeatMap& map, const std::string& path);

}  // namespace sluice
