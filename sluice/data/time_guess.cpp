#include "sluice/data/time_guess.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "sluice/data/time_format.h"

namespace sluice {
namespace {

// Where two patterns read the same text, the earlier one is preferred.
constexpr std::array dates = {
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d",     "%Y %m %d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
    "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%y",     "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d.%m.%y",
    "%d-%b-%Y", "%d %b %Y", "%d. %b %Y",    "%d-%b-%y", "%d %b %y", "%d%b%Y",   "%b %d, %Y",
    "%b %d %Y", "%Y-%b-%d", "%Y %b %d",     "%Y-%m",    "%Y/%m",    "%m/%Y",    "%m-%Y",
    "%b %Y",    "%b-%Y",    "%b/%Y",        "%b %y",    "%b-%y",    "%Y %b",    "%Y-%b",
    "%Y-Q%q",   "%YQ%q",    "%Y Q%q",       "Q%q %Y",   "Q%q-%Y",   "%YM%m",    "%G-W%V",
    "%GW%V",    "%Y %m",    "%Y年%m月%d日", "%Y年%m月", "%Y年"};
constexpr std::array times = {"%H:%M:%S", "%H:%M",      "%I:%M:%S %p",
                              "%I:%M %p", "%I:%M:%S%p", "%I:%M%p"};
constexpr std::array zones = {"", "Z", "%z", " %z", " UTC"};
constexpr std::array compacts = {
    "%m.%Y",          "%Y%m%d",          "%Y%m",        "%Y",
    "%Y%m%d%H%M%S",   "%Y%m%d%H%M",      "%Y%m%d%H",    "%Y%m%dT%H%M%S",
    "%Y%m%dT%H%M%SZ", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M"};

std::vector<TimeFormat> make_dated() {
  std::vector<TimeFormat> all;
  for (const std::string date : dates) all.emplace_back(date);
  for (const std::string date : dates) {
    if (date.find("%d") == std::string::npos) continue;
    for (const char* separator : {" ", "T"})
      for (const std::string time : times)
        for (const char* zone : zones) all.emplace_back(date + separator + time + zone);
    all.emplace_back(date + " %H");
    all.emplace_back(date + "T%H");
  }
  return all;
}

template <class Names>
std::vector<TimeFormat> make_plain(const Names& names) {
  std::vector<TimeFormat> all;
  for (const std::string name : names) all.emplace_back(name);
  return all;
}

const std::vector<TimeFormat>& family_formats(TimePatterns family) {
  static const std::vector<TimeFormat> dated = make_dated();
  static const std::vector<TimeFormat> compact = make_plain(compacts);
  static const std::vector<TimeFormat> time_of_day = make_plain(times);
  if (family == TimePatterns::dated) return dated;
  return family == TimePatterns::compact ? compact : time_of_day;
}

// Cheap sieve before hundreds of patterns: dates are short and more than a number.
bool could_be_time(std::string_view cell) {
  if (cell.size() < 4 || cell.size() > 40) return false;
  size_t digits = 0, points = 0;
  for (const char c : cell) {
    digits += c >= '0' && c <= '9';
    points += c == '.';
  }
  const bool number = digits + points == cell.size() && points < 2;
  return digits >= 2 && !number && cell[0] != '-';
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

bool all_read_back(const std::string& pattern, std::span<const std::string> cells) {
  const TimeFormat format(pattern);
  return std::all_of(cells.begin(), cells.end(), [&](const std::string& cell) {
    const auto parsed = format.parse(cell);
    return parsed && format.format(parsed->time, parsed->zone_seconds) == cell;
  });
}

}  // namespace

PatternFit fit_patterns(std::span<const std::string> cells, TimePatterns family) {
  std::vector<const TimeFormat*> left;
  for (const TimeFormat& format : family_formats(family)) left.push_back(&format);
  PatternFit fit;
  for (size_t i = 0; i < cells.size(); ++i) {
    std::vector<const TimeFormat*> still;
    for (const TimeFormat* format : left)
      if (format->parse(cells[i])) still.push_back(format);
    if (still.empty()) {
      fit.first_misfit = static_cast<int64_t>(i);
      break;
    }
    left = std::move(still);
  }
  if (cells.empty() || fit.first_misfit == 0) return fit;
  for (const TimeFormat* format : left) fit.patterns.push_back(format->pattern());
  return fit;
}

bool looks_like_time(std::string_view cell) {
  if (!could_be_time(cell)) return false;
  const auto& formats = family_formats(TimePatterns::dated);
  return std::any_of(formats.begin(), formats.end(),
                     [&](const TimeFormat& format) { return format.parse(cell).has_value(); });
}

std::string in_style_of(const std::string& pattern, std::span<const std::string> cells) {
  // Spellings from the plainest on; the first that writes every cell as it stands is the style.
  std::vector<std::string> spellings = {pattern};
  const auto vary = [&](const std::string& from, const std::string& to) {
    for (size_t i = 0, count = spellings.size(); i < count; ++i) {
      std::string other = spellings[i];
      replace_all(other, from, to);
      if (other != spellings[i]) spellings.push_back(other);
    }
  };
  vary("%b", "%B");
  vary("%z", "%:z");
  vary("%m", "%-m");
  vary("%d", "%-d");
  vary("%H", "%-H");
  vary("%I", "%-I");
  for (const std::string& spelling : spellings)
    if (all_read_back(spelling, cells)) return spelling;
  return pattern;
}

}  // namespace sluice
