// A report as one HTML page that needs nothing else: no network, no other file.
#pragma once

#include <string>

#include "sluice/report/document.h"

namespace sluice {

/// The page as text (UTF-8). Every text of the document is escaped.
std::string render_html(const ReportDocument& document);

/// Writes the page atomically. Throws Error "io.write".
void write_html(const ReportDocument& document, const std::string& path);

}  // namespace sluice
