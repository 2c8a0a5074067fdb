// The parts of the page, each as HTML; a part without content is "".
#pragma once

#include <string>

#include "sluice/report/document.h"
#include "sluice/report/figures.h"

namespace sluice {

std::string page_header(const ReportDocument& document);
std::string leaderboard_section(const ReportDocument& document);
std::string figure_section(const NamedChart& figure);
/// The forecast's numbers, folded under its figure.
std::string forecast_table(const ReportDocument& document);
std::string facts_section(const ReportDocument& document);
std::string recipe_section(const ReportDocument& document);
std::string page_footer(const ReportDocument& document);

}  // namespace sluice
