// Which format the dates of a column are written in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// Families of patterns that are tried.
enum class TimePatterns {
  dated,       ///< dates that no number looks like, with or without a time of day
  compact,     ///< 20200131, 202001, 2020 …: tried only where a name speaks for it
  time_of_day  ///< 17:24:00, 5:24 PM
};

/// The patterns that read every cell up to `first_misfit` (-1: all of them), the likeliest first.
struct PatternFit {
  std::vector<std::string> patterns;
  int64_t first_misfit = -1;
};
PatternFit fit_patterns(std::span<const std::string> cells, TimePatterns family);

/// True if some dated pattern reads the cell.
bool looks_like_time(std::string_view cell);

/// The same format, spelled the way the cells are: month names in full, numbers without leading
/// zeros, zones with a colon.
std::string in_style_of(const std::string& pattern, std::span<const std::string> cells);

}  // namespace sluice
