// Files embedded at build time (cmake/report.cmake).
#pragma once

#include <string_view>

namespace sluice::assets {

extern const std::string_view chart_js;  ///< Chart.js 3.9, MIT licence
extern const std::string_view page_css;
extern const std::string_view page_js;

}  // namespace sluice::assets
