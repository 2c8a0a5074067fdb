#include "sluice/data/time_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

#include "sluice/base/error.h"
#include "sluice/data/month_name.h"

namespace sluice {
namespace {

constexpr std::string_view digit_directives = "YymdHIMSjqGV";
constexpr std::string_view directives = "YymdHIMSjqGVpbBzsQE";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A byte of a letter; those of UTF-8 beyond ASCII count.
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

constexpr int64_t day_seconds = 86400;
constexpr int64_t excel_days = 25569;  // what Excel writes for 1970-01-01

// What a text said so far; -1 = not said.
struct Fields {
  CivilTime civil;
  int day_of_year = -1;
  int week = -1;      // ISO
  int half_day = -1;  // 0 AM, 1 PM
  int zone_seconds = 0;
  bool fraction = false;
  std::optional<Timestamp> epoch;
};

// Reads along a text; every read says whether it fitted.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }

  bool literal(char c) {
    if (c != '.') pass_point_of_month();
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    while (c == ' ' && !at_end() && text_[at_] == ' ') ++at_;
    return true;
  }

  bool digits(int least, int most, int64_t& value) {
    int count = 0;
    value = 0;
    while (count < most && !at_end() && is_digit(text_[at_])) {
      value = value * 10 + (text_[at_++] - '0');
      ++count;
    }
    return count >= least;
  }

  bool number(int least, int most, int low, int high, int& value) {
    int64_t read = 0;
    if (!digits(least, most, read) || read < low || read > high) return false;
    value = static_cast<int>(read);
    return true;
  }

  bool month_name(int& month) {
    const size_t begin = at_;
    while (!at_end() && is_letter(text_[at_])) ++at_;
    month = month_of(text_.substr(begin, at_ - begin));
    after_month_ = at_;
    return month > 0;
  }

  // "Jan. 2020": the point belongs to the name unless the format has one there.
  void pass_point_of_month() {
    if (at_ == after_month_ && !at_end() && text_[at_] == '.') ++at_;
  }

  bool half_day(int& half) {
    if (matching("am") == 2)
      half = 0;
    else if (matching("pm") == 2)
      half = 1;
    else
      return false;
    at_ += 2;
    return true;
  }

  bool zone(int& seconds) {
    seconds = 0;
    if (matching("Z") == 1) return ++at_, true;
    if (at_end() || (text_[at_] != '+' && text_[at_] != '-')) return false;
    const int sign = text_[at_++] == '-' ? -1 : 1;
    int hours = 0, minutes = 0;
    if (!number(2, 2, 0, 14, hours)) return false;
    if (!at_end() && text_[at_] == ':') ++at_;
    if (!at_end() && !number(2, 2, 0, 59, minutes)) return false;
    seconds = sign * (hours * 3600 + minutes * 60);
    return true;
  }

  bool epoch(int64_t divisor, std::optional<Timestamp>& out, bool& part) {
    const bool negative = !at_end() && text_[at_] == '-';
    if (negative) ++at_;
    int64_t value = 0;
    if (!digits(1, 18, value)) return false;
    if (negative) value = -value;
    int64_t whole = value / divisor;
    if (value % divisor != 0) part = true;
    if (value % divisor < 0) --whole;
    out = whole;
    return fraction(part);
  }

  // Excel's days since 1899-12-30; their fraction is a time of day, rounded to a second.
  bool excel(std::optional<Timestamp>& out) {
    int64_t days = 0;
    if (!digits(1, 7, days)) return false;
    double part = 0, worth = 0.1;
    if (!at_end() && (text_[at_] == '.' || text_[at_] == ','))
      for (++at_; !at_end() && is_digit(text_[at_]); ++at_, worth /= 10)
        part += worth * (text_[at_] - '0');
    out = (days - excel_days) * day_seconds + std::llround(part * day_seconds);
    return true;
  }

  // ".000" after seconds, if there.
  bool fraction(bool& part) {
    if (at_ + 1 >= text_.size() || (text_[at_] != '.' && text_[at_] != ',')) return true;
    if (!is_digit(text_[at_ + 1])) return true;
    for (++at_; !at_end() && is_digit(text_[at_]); ++at_)
      if (text_[at_] != '0') part = true;
    return true;
  }

 private:
  // How many letters of `word` stand here, in any case.
  size_t matching(std::string_view word) const {
    size_t count = 0;
    while (count < word.size() && at_ + count < text_.size() &&
           lower(text_[at_ + count]) == lower(word[count]))
      ++count;
    return count;
  }

  std::string_view text_;
  size_t at_ = 0, after_month_ = std::string_view::npos;
};

bool read_directive(Reader& reader, char directive, bool exact, Fields& f) {
  const int least = exact ? 2 : 1;
  int value = 0;
  switch (directive) {
    case 'Y':
    case 'G':
      return reader.number(4, 4, 1, 9999, f.civil.year);
    case 'V':
      return reader.number(least, 2, 1, 53, f.week);
    case 'y':
      if (!reader.number(2, 2, 0, 99, value)) return false;
      f.civil.year = value + (value < 69 ? 2000 : 1900);
      return true;
    case 'm':
      return reader.number(least, 2, 1, 12, f.civil.month);
    case 'd':
      return reader.number(least, 2, 1, 31, f.civil.day);
    case 'H':
      return reader.number(least, 2, 0, 24, f.civil.hour);
    case 'I':
      return reader.number(least, 2, 1, 12, f.civil.hour);
    case 'M':
      return reader.number(least, 2, 0, 59, f.civil.minute);
    case 'S':
      return reader.number(least, 2, 0, 59, f.civil.second) && reader.fraction(f.fraction);
    case 'j':
      return reader.number(exact ? 3 : 1, 3, 1, 366, f.day_of_year);
    case 'q':
      if (!reader.number(1, 1, 1, 4, value)) return false;
      f.civil.month = 3 * value - 2;
      return true;
    case 'p':
      return reader.half_day(f.half_day);
    case 'b':
    case 'B':
      return reader.month_name(f.civil.month);
    case 'z':
      return reader.zone(f.zone_seconds);
    case 's':
      return reader.epoch(1, f.epoch, f.fraction);
    case 'Q':
      return reader.epoch(1000, f.epoch, f.fraction);
    case 'E':
      return reader.excel(f.epoch);
    default:
      return false;
  }
}

// The Monday that begins the first ISO week of a year: the week with January 4th in it.
Timestamp first_monday(int year) {
  const Timestamp fourth = timestamp({year, 1, 4, 0, 0, 0});
  return fourth - weekday(fourth) * day_seconds;
}

std::optional<Timestamp> time_of_week(int year, int week) {
  const Timestamp monday = first_monday(year) + (week - 1) * 7 * day_seconds;
  if (monday >= first_monday(year + 1)) return std::nullopt;
  return monday;
}

// ISO year and week of a time: those of its week's Thursday.
std::pair<int, int> iso_week(Timestamp time) {
  const int year = civil_time(time + (3 - weekday(time)) * day_seconds).year;
  return {year, static_cast<int>((time - first_monday(year)) / (7 * day_seconds)) + 1};
}

std::optional<Timestamp> assemble(Fields f) {
  if (f.epoch) return f.epoch;
  if (f.week > 0) return time_of_week(f.civil.year, f.week);
  if (f.half_day >= 0) f.civil.hour = f.civil.hour % 12 + 12 * f.half_day;
  if (f.civil.hour == 24 && (f.civil.minute > 0 || f.civil.second > 0)) return std::nullopt;
  if (f.civil.day > days_in_month(f.civil.year, f.civil.month)) return std::nullopt;
  if (f.day_of_year < 0) return timestamp(f.civil);
  const bool leap = days_in_month(f.civil.year, 2) == 29;
  if (f.day_of_year > (leap ? 366 : 365)) return std::nullopt;
  f.civil.month = f.civil.day = 1;
  return timestamp(f.civil) + (f.day_of_year - 1) * int64_t{86400};
}

std::string number_text(int64_t value, int width, bool padded) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*lld", padded ? width : 1, static_cast<long long>(value));
  return text;
}

std::string zone_text(int seconds, bool colon) {
  const int minutes = (seconds < 0 ? -seconds : seconds) / 60;
  char text[32];
  std::snprintf(text, sizeof text, colon ? "%c%02d:%02d" : "%c%02d%02d", seconds < 0 ? '-' : '+',
                minutes / 60, minutes % 60);
  return text;
}

std::string excel_text(Timestamp time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10f",
                static_cast<double>(time) / static_cast<double>(day_seconds) + excel_days);
  std::string days = text;
  while (days.ends_with('0')) days.pop_back();
  if (days.ends_with('.')) days.pop_back();
  return days;
}

std::string write_directive(char directive, bool padded, Timestamp time, const CivilTime& c) {
  switch (directive) {
    case 'Y':
      return number_text(c.year, 4, true);
    case 'y':
      return number_text(c.year % 100, 2, true);
    case 'm':
      return number_text(c.month, 2, padded);
    case 'd':
      return number_text(c.day, 2, padded);
    case 'H':
      return number_text(c.hour, 2, padded);
    case 'I':
      return number_text((c.hour + 11) % 12 + 1, 2, padded);
    case 'M':
      return number_text(c.minute, 2, padded);
    case 'S':
      return number_text(c.second, 2, padded);
    case 'j': {
      const Timestamp new_year = timestamp({c.year, 1, 1, 0, 0, 0});
      return number_text((time - new_year) / 86400 + 1, 3, padded);
    }
    case 'q':
      return number_text((c.month + 2) / 3, 1, true);
    case 'G':
      return number_text(iso_week(time).first, 4, true);
    case 'V':
      return number_text(iso_week(time).second, 2, padded);
    case 'p':
      return c.hour < 12 ? "AM" : "PM";
    case 'b':
      return std::string(month_name(c.month)).substr(0, 3);
    case 'B':
      return month_name(c.month);
    case 's':
      return std::to_string(time);
    case 'Q':
      return std::to_string(time * 1000);
    case 'E':
      return excel_text(time);
    default:
      return "";
  }
}

}  // namespace

TimeFormat::TimeFormat(const std::string& pattern) : pattern_(pattern) {
  if (pattern == "epoch") pattern_ = "%s";
  if (pattern == "epoch_ms") pattern_ = "%Q";
  if (pattern == "excel") pattern_ = "%E";
  compile(pattern_);
  for (size_t i = 0; i + 1 < steps_.size(); ++i) {
    const auto is_number = [](const Step& step) {
      return step.directive != 0 && digit_directives.find(step.directive) != std::string::npos;
    };
    steps_[i].exact = is_number(steps_[i]) && is_number(steps_[i + 1]);
    if (i > 0 && steps_[i - 1].exact && is_number(steps_[i])) steps_[i].exact = true;
  }
  // The last of a run of digits reads its full width too: %Y%m must not read "20201".
  const size_t last = steps_.size();
  if (last > 1 && steps_[last - 2].exact) steps_[last - 1].exact = true;
}

void TimeFormat::compile(const std::string& pattern) {
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '%')
      compile_directive(pattern, at);
    else
      steps_.push_back({0, pattern[at], true, false, false});
  }
  const bool any = std::any_of(steps_.begin(), steps_.end(),
                               [](const Step& step) { return step.directive != 0; });
  if (!any)
    fail_config("config.time_format", "time_format",
                "\"" + pattern + "\" holds no directive such as %Y",
                "write for instance time_format=\"%d/%m/%Y %H:%M\"");
}

void TimeFormat::compile_directive(const std::string& pattern, size_t& at) {
  Step step;
  ++at;
  if (at < pattern.size() && pattern[at] == '-') step.padded = false, ++at;
  if (at < pattern.size() && pattern[at] == ':') step.colon = true, ++at;
  const char c = at < pattern.size() ? pattern[at] : '\0';
  if (c == 'F') return compile("%Y-%m-%d");
  if (c == 'T') return compile("%H:%M:%S");
  if (c == 'R') return compile("%H:%M");
  if (c == '%') return steps_.push_back({0, '%', true, false, false});
  if (c == '\0' || directives.find(c) == std::string_view::npos)
    fail_config(
        "config.time_format", "time_format",
        "\"" + pattern + "\" has the unknown directive \"%" + std::string(c ? 1 : 0, c) + "\"",
        "known are %Y %y %m %d %H %I %M %S %p %b %B %j %q %G %V %z %s %Q %E %F %T %R");
  step.directive = c;
  steps_.push_back(step);
}

bool TimeFormat::has(char directive) const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [&](const Step& step) { return step.directive == directive; });
}

std::optional<TimeFormat::Parsed> TimeFormat::parse(std::string_view text) const {
  Reader reader(text);
  Fields fields;
  for (const Step& step : steps_) {
    const bool fits = step.directive == 0
                          ? reader.literal(step.literal)
                          : read_directive(reader, step.directive, step.exact, fields);
    if (!fits) return std::nullopt;
  }
  reader.pass_point_of_month();
  if (!reader.at_end() || steps_.empty()) return std::nullopt;
  const std::optional<Timestamp> time = assemble(fields);
  if (!time) return std::nullopt;
  return Parsed{*time, fields.zone_seconds, fields.fraction};
}

std::string TimeFormat::format(Timestamp time, int zone_seconds) const {
  const CivilTime civil = civil_time(time);
  std::string text;
  for (const Step& step : steps_) {
    if (step.directive == 0)
      text += step.literal;
    else if (step.directive == 'z')
      text += zone_text(zone_seconds, step.colon);
    else
      text += write_directive(step.directive, step.padded, time, civil);
  }
  return text;
}

std::string format_time(Timestamp time, const std::string& pattern) {
  return TimeFormat(pattern).format(time);
}

Timestamp parse_iso_time(const std::string& text, const std::string& option) {
  for (const char* pattern : {"%Y-%m-%d", "%Y-%m", "%Y", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S",
                              "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"})
    if (const auto parsed = TimeFormat(pattern).parse(text)) return parsed->time;
  fail_config("config.date", option, "\"" + text + "\" is not a date",
              "write it as 2020-01-31 or 2020-01-31 12:00");
}

}  // namespace sluice
