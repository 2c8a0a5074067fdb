// A chart as a gnuplot script, what such scripts share, and gnuplot run on them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/report/chart.h"

namespace sluice {

enum class PictureType { png, svg };

/// Else what fontconfig finds for the characters.
inline constexpr const char* gnuplot_font = "Noto Sans CJK SC";

/// A number to all its digits; a text that cannot leave its quotes; a list of ticks for xtics and
/// ytics; what chooses the file, its type and its size in pixels.
std::string gnuplot_number(double value);
std::string gnuplot_quoted(const std::string& text);
std::string gnuplot_ticks(const std::vector<Tick>& ticks);
std::string gnuplot_terminal(int width, int height, PictureType type,
                             const std::string& picture_name);

/// The script that draws the chart into the file `picture_name` of the current folder. Nothing
/// of the chart's texts can leave its quotes.
std::string gnuplot_script(const Chart& chart, PictureType type, const std::string& picture_name);

/// Runs gnuplot on the script in a folder of its own and gives the bytes of `picture_name`.
/// Throws Error "report.gnuplot" if gnuplot is absent or draws nothing, "io.write" if the
/// temporary folder is full.
std::string run_gnuplot(const std::string& script, const std::string& picture_name);

/// Runs the script for the type that the path's ending names, and writes the picture. Throws
/// Errors as write_chart().
using ScriptOf = std::function<std::string(PictureType type, const std::string& picture_name)>;
void write_picture(const std::string& path, const ScriptOf& script_of);

}  // namespace sluice
