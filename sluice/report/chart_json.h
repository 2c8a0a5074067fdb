// A chart as JSON for the page's script.
#pragma once

#include <string>
#include <vector>

#include "sluice/report/figures.h"

namespace sluice {

/// An array of charts, safe inside a <script> element: no "<" and no byte beyond ASCII.
std::string charts_json(const std::vector<NamedChart>& figures);

}  // namespace sluice
