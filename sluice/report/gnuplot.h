// A chart as a gnuplot script, and gnuplot run on it.
#pragma once

#include <string>

#include "sluice/report/chart.h"

namespace sluice {

enum class PictureType { png, svg };

/// The script that draws the chart into the file `picture_name` of the current folder. Nothing
/// of the chart's texts can leave its quotes.
std::string gnuplot_script(const Chart& chart, PictureType type, const std::string& picture_name);

/// Runs gnuplot on the script in a folder of its own and gives the bytes of `picture_name`.
/// Throws Error "report.gnuplot" if gnuplot is absent or draws nothing, "io.write" if the
/// temporary folder is full.
std::string run_gnuplot(const std::string& script, const std::string& picture_name);

}  // namespace sluice
