// A picture of lines as plain data; HTML and gnuplot draw the same one.
#pragma once

#include <string>
#include <vector>

namespace sluice {

enum class LineStyle { solid, dashed, points };

/// What a colour means, so that the real values look the same in every figure.
enum class LineRole {
  automatic,  ///< the next colour of the palette
  actual,     ///< the real values: ink
  baseline    ///< a muted colour, thin
};

/// One line. NaN interrupts it. Empty x means 0, 1, 2, …
struct Line {
  std::string name;
  std::vector<double> y;
  std::vector<double> x = {};
  LineStyle style = LineStyle::solid;
  LineRole role = LineRole::automatic;
  int color = -1;           ///< place in the palette; -1: the next free one
  std::string legend = "";  ///< entry that several lines share; empty: the name
  bool shown = true;        ///< else a click in the HTML legend shows it, and pictures leave it out
};

/// A shaded area between two curves, as a prediction interval.
struct Band {
  std::string name;
  std::vector<double> x, lower, upper;
  int color = -1;  ///< the palette place of the line it belongs to
};

/// A labelled vertical line, as the start of the test part.
struct VerticalMark {
  double x = 0;
  std::string label;
};

/// A place on the x axis and what is written there.
struct Tick {
  double x = 0;
  std::string label;
};

/// A figure. All texts are UTF-8 and may hold anything (they are escaped where they are drawn).
struct Chart {
  std::string title;
  std::string x_label, y_label;
  std::vector<Line> lines;
  std::vector<Band> bands = {};
  std::vector<VerticalMark> marks = {};
  bool time_axis = false;        ///< x is seconds since 1970 UTC, written as dates
  bool whole_x = false;          ///< x counts things (epochs, steps): ticks at whole numbers only
  bool from_zero = false;        ///< y axis begins at 0
  bool logarithmic = false;      ///< y axis; ignored where a value is not positive
  std::vector<Tick> ticks = {};  ///< own x ticks; empty: chosen for the range
  std::vector<Tick> point_names = {};  ///< what hovering over x shows; empty: number or date
  std::string caption;                 ///< one sentence under the figure
  int width = 1000, height = 480;      ///< of a picture file, in pixels
};

/// Draws into `path` with gnuplot; the ending chooses PNG or SVG. Throws Error "report.gnuplot"
/// (exit code 3, hint how to install it) if gnuplot is absent, "report.figure_type" for another
/// ending, "report.empty_chart" if no value is finite, "io.write" if the file cannot be written.
void write_chart(const Chart& chart, const std::string& path);

}  // namespace sluice
