// Texts of unknown origin made fit for a page, a terminal and a table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// The text with every byte that is not UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view text);

/// Fit for HTML content and double-quoted attributes: valid UTF-8, & < > " ' escaped, control
/// characters dropped.
std::string escape_html(std::string_view text);

/// Columns on a terminal: Chinese, Japanese and Korean characters take two.
int display_width(std::string_view text);

/// Filled with spaces to a display width.
std::string pad_left(const std::string& text, int width);
std::string pad_right(const std::string& text, int width);

/// Decimals so that the smallest of the values still shows four digits; 0 to 6.
int decimals_for(const std::vector<double>& values);

/// "15.94"; "–" for NaN; few digits with an exponent where the value is very large or small.
std::string format_number(double value, int decimals);

/// "100,000"
std::string format_count(size_t count);

}  // namespace sluice
