#include "sluice/report/chart.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sluice/base/error.h"
#include "sluice/io/atomic_file.h"
#include "sluice/report/gnuplot.h"

namespace sluice {

namespace {

PictureType picture_type(const std::string& path) {
  const std::string ending = std::filesystem::path(path).extension().string();
  if (ending == ".png") return PictureType::png;
  if (ending == ".svg") return PictureType::svg;
  fail_config("report.figure_type", path, "a figure is a PNG or an SVG file",
              "let the name end in .png or .svg");
}

void check_sizes(const Chart& chart, const std::string& path) {
  bool anything = false;
  for (const Line& line : chart.lines) {
    if (!line.x.empty() && line.x.size() != line.y.size())
      fail_config("report.chart", path,
                  "the line \"" + line.name + "\" has " + std::to_string(line.x.size()) +
                      " places on the x axis and " + std::to_string(line.y.size()) + " values",
                  "give as many, or no x at all");
    anything |= line.shown && std::any_of(line.y.begin(), line.y.end(),
                                          [](double v) { return std::isfinite(v); });
  }
  for (const Band& band : chart.bands)
    if (band.lower.size() != band.x.size() || band.upper.size() != band.x.size())
      fail_config("report.chart", path,
                  "the edges of the band \"" + band.name + "\" differ in length from its x");
  if (!anything)
    fail_config("report.empty_chart", path, "there is no value to draw",
                "give a line with a finite value");
}

// A viewer without our font takes the next of the list.
void widen_fonts(std::string& svg) {
  const std::string one = "font-family=\"Noto Sans CJK SC\"";
  const std::string list =
      "font-family=\"Noto Sans CJK SC, Noto Sans, PingFang SC, Microsoft YaHei, Helvetica, Arial, "
      "sans-serif\"";
  for (size_t at = svg.find(one); at != std::string::npos; at = svg.find(one, at + list.size()))
    svg.replace(at, one.size(), list);
}

}  // namespace

void write_picture(const std::string& path, const ScriptOf& script_of) {
  const PictureType type = picture_type(path);
  const std::string name = type == PictureType::png ? "figure.png" : "figure.svg";
  std::string picture = run_gnuplot(script_of(type, name), name);
  if (type == PictureType::svg) widen_fonts(picture);
  write_text_file(path, picture);
}

void write_chart(const Chart& chart, const std::string& path) {
  check_sizes(chart, path);
  write_picture(path, [&](PictureType type, const std::string& name) {
    return gnuplot_script(chart, type, name);
  });
}

}  // namespace sluice
