// The figures of a report: as charts, and as picture files drawn by gnuplot.
#pragma once

#include <string>
#include <vector>

#include "sluice/report/chart.h"
#include "sluice/report/document.h"

namespace sluice {

struct NamedChart {
  std::string name;  ///< file name without ending, and anchor on the page: "loss", "series", …
  Chart chart;
};

/// The figures for what the document holds: "series", "forecast", "horizon", "loss",
/// "training_rmse" and so on.
std::vector<NamedChart> figures_of(const ReportDocument& document);

/// Draws every figure into `folder` (made if it is not there) as NAME.png and NAME.svg, and
/// returns the paths written. Throws as write_chart().
std::vector<std::string> write_figures(const ReportDocument& document, const std::string& folder);

}  // namespace sluice
