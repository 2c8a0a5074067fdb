#include "sluice/data/calendar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {
namespace {

constexpr int64_t day_seconds = 86400;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

int64_t day_number(Timestamp time) { return floor_divide(time, day_seconds); }

// Days from 1970-01-01 to a civil date.
int64_t days_from_civil(int year, int month, int day) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  return sys_days{date}.time_since_epoch().count();
}

// Seconds of one unit of fixed length, 0 for the others.
int64_t unit_seconds(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::second:
      return 1;
    case TimeUnit::minute:
      return 60;
    case TimeUnit::hour:
      return 3600;
    case TimeUnit::day:
      return day_seconds;
    case TimeUnit::week:
      return 7 * day_seconds;
    default:
      return 0;
  }
}

// Months of one unit, 0 for the others.
int unit_months(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::month:
      return 1;
    case TimeUnit::quarter:
      return 3;
    case TimeUnit::year:
      return 12;
    default:
      return 0;
  }
}

// Business days since a Monday: weekends count as the Friday before them.
int64_t business_day_number(Timestamp time) {
  const int64_t days = day_number(time) + 3;  // 1970-01-01 was a Thursday; 0 = a Monday
  const int64_t week = floor_divide(days, 7);
  const int64_t in_week = days - 7 * week;
  return 5 * week + (in_week > 4 ? 4 : in_week);
}

Timestamp advance_months(const Frequency& frequency, Timestamp time, int64_t steps) {
  CivilTime civil = civil_time(time);
  const int anchor = frequency.anchor > 0 ? frequency.anchor : civil.day;
  const int64_t months = int64_t{12} * civil.year + civil.month - 1 +
                         steps * frequency.count * unit_months(frequency.unit);
  civil.year = static_cast<int>(floor_divide(months, 12));
  civil.month = static_cast<int>(months - int64_t{12} * civil.year) + 1;
  civil.day = std::min(anchor, days_in_month(civil.year, civil.month));
  return timestamp(civil);
}

Timestamp advance_business(const Frequency& frequency, Timestamp time, int64_t steps) {
  const int64_t target = business_day_number(time) + steps * frequency.count;
  const int64_t week = floor_divide(target, 5);
  const int64_t days = 7 * week + (target - 5 * week) - 3;
  return days * day_seconds + (time - day_number(time) * day_seconds);
}

struct Alias {
  const char* name;
  TimeUnit unit;
  int anchor;
  int scale = 1;
};

// Both the spellings pandas used to have and those of today; a W, Q or Y may carry "-SUN", "-DEC".
constexpr std::array aliases = {
    Alias{"none", TimeUnit::none, 0},   Alias{"S", TimeUnit::second, 0},
    Alias{"s", TimeUnit::second, 0},    Alias{"T", TimeUnit::minute, 0},
    Alias{"min", TimeUnit::minute, 0},  Alias{"H", TimeUnit::hour, 0},
    Alias{"h", TimeUnit::hour, 0},      Alias{"D", TimeUnit::day, 0},
    Alias{"d", TimeUnit::day, 0},       Alias{"B", TimeUnit::business_day, 0},
    Alias{"W", TimeUnit::week, 6},      Alias{"MS", TimeUnit::month, 1},
    Alias{"M", TimeUnit::month, 31},    Alias{"ME", TimeUnit::month, 31},
    Alias{"QS", TimeUnit::quarter, 1},  Alias{"Q", TimeUnit::quarter, 31},
    Alias{"QE", TimeUnit::quarter, 31}, Alias{"YS", TimeUnit::year, 1},
    Alias{"AS", TimeUnit::year, 1},     Alias{"Y", TimeUnit::year, 31},
    Alias{"A", TimeUnit::year, 31},     Alias{"YE", TimeUnit::year, 31},
};

constexpr std::array<const char*, 7> weekday_names = {"MON", "TUE", "WED", "THU",
                                                      "FRI", "SAT", "SUN"};

[[noreturn]] void fail_frequency(const std::string& name) {
  fail_config("config.frequency", "frequency", "\"" + name + "\" is no frequency",
              "say for instance D, B, W-SUN, MS, ME, QS, YS, h, 15min or none");
}

// The anchor after the dash: a weekday for weeks, a day for months; the month of a quarter or year
// is that of the data.
int read_anchor(const Alias& alias, const std::string& suffix, const std::string& name) {
  if (suffix.empty()) return alias.anchor;
  if (alias.unit == TimeUnit::week)
    for (int day = 0; day < 7; ++day)
      if (suffix == weekday_names[day]) return day;
  const int months = unit_months(alias.unit);
  if (months > 0 && std::isdigit(static_cast<unsigned char>(suffix[0])) && suffix.size() <= 2) {
    const int day = std::atoi(suffix.c_str());
    if (day >= 1 && day <= 31) return day;
  }
  if (months > 1)
    for (const char* month :
         {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"})
      if (suffix == month) return alias.anchor;
  fail_frequency(name);
}

}  // namespace

Frequency parse_frequency(const std::string& name) {
  size_t at = 0;
  int count = 0;
  while (at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])) && count < 100000)
    count = 10 * count + (name[at++] - '0');
  if (at > 0 && count == 0) fail_frequency(name);
  const size_t dash = std::min(name.find('-', at), name.size());
  const std::string word = name.substr(at, dash - at);
  const std::string suffix = dash < name.size() ? name.substr(dash + 1) : "";
  for (const Alias& alias : aliases) {
    if (word != alias.name || (alias.unit == TimeUnit::none && at > 0)) continue;
    return {alias.unit, at > 0 ? count : 1, read_anchor(alias, suffix, name)};
  }
  fail_frequency(name);
}

std::string frequency_name(const Frequency& frequency) {
  const std::string count = frequency.count > 1 ? std::to_string(frequency.count) : "";
  const auto monthly = [&](const std::string& letter) {
    if (frequency.anchor == 31) return count + letter + "E";
    if (frequency.anchor <= 1) return count + letter + "S";
    return count + letter + "S-" + std::to_string(frequency.anchor);
  };
  switch (frequency.unit) {
    case TimeUnit::none:
      return "none";
    case TimeUnit::second:
      return count + "s";
    case TimeUnit::minute:
      return count + "min";
    case TimeUnit::hour:
      return count + "h";
    case TimeUnit::day:
      return count + "D";
    case TimeUnit::business_day:
      return count + "B";
    case TimeUnit::week:
      return count + "W-" + weekday_names[frequency.anchor % 7];
    case TimeUnit::month:
      return monthly("M");
    case TimeUnit::quarter:
      return monthly("Q");
    case TimeUnit::year:
      return monthly("Y");
  }
  return "none";
}

std::string describe(const Frequency& frequency) {
  static constexpr std::array<std::pair<const char*, const char*>, 10> words = {
      {{"irregular", ""},
       {"every second", "seconds"},
       {"every minute", "minutes"},
       {"hourly", "hours"},
       {"daily", "days"},
       {"every business day", "business days"},
       {"weekly", "weeks"},
       {"monthly", "months"},
       {"quarterly", "quarters"},
       {"yearly", "years"}}};
  const auto& [one, many] = words[static_cast<size_t>(frequency.unit)];
  if (frequency.count <= 1 || !frequency.regular()) return one;
  return "every " + std::to_string(frequency.count) + " " + many;
}

Timestamp advance(const Frequency& frequency, Timestamp time, int64_t steps) {
  if (!frequency.regular())
    fail_data("data.frequency", "frequency", "rows without a frequency have no next date",
              "give a frequency such as D or MS to date the steps");
  if (unit_months(frequency.unit) > 0) return advance_months(frequency, time, steps);
  if (frequency.unit == TimeUnit::business_day) return advance_business(frequency, time, steps);
  return time + steps * frequency.count * unit_seconds(frequency.unit);
}

int64_t steps_between(const Frequency& frequency, Timestamp from, Timestamp to) {
  if (!frequency.regular() || to < from) return -1;
  int64_t steps = 0;
  if (const int months = unit_months(frequency.unit); months > 0) {
    const CivilTime a = civil_time(from), b = civil_time(to);
    const int64_t apart = int64_t{12} * (b.year - a.year) + b.month - a.month;
    steps = apart / (int64_t{months} * frequency.count);
  } else if (frequency.unit == TimeUnit::business_day) {
    if (weekday(to) > 4) return -1;
    steps = (business_day_number(to) - business_day_number(from)) / frequency.count;
  } else {
    steps = (to - from) / (frequency.count * unit_seconds(frequency.unit));
  }
  return advance(frequency, from, steps) == to ? steps : -1;
}

std::vector<Timestamp> future_times(const Frequency& frequency, Timestamp last, int count) {
  std::vector<Timestamp> times;
  if (!frequency.regular()) return times;
  for (int i = 1; i <= count; ++i) times.push_back(advance(frequency, last, i));
  return times;
}

int default_season(const Frequency& frequency) {
  const auto in_season = [&](int length) {
    return length % frequency.count == 0 ? length / frequency.count : 1;
  };
  switch (frequency.unit) {
    case TimeUnit::none:
      return 1;
    case TimeUnit::second:
      return in_season(3600);
    case TimeUnit::minute:
      return in_season(1440);
    case TimeUnit::hour:
      return in_season(24);
    case TimeUnit::day:
      return in_season(7);
    case TimeUnit::business_day:
      return in_season(5);
    case TimeUnit::week:
      return in_season(52);
    case TimeUnit::month:
      return in_season(12);
    case TimeUnit::quarter:
      return in_season(4);
    case TimeUnit::year:
      return 1;
  }
  return 1;
}

int steps_per_day_or_season(const Frequency& frequency) {
  const int64_t seconds = frequency.count * unit_seconds(frequency.unit);
  if (seconds > 0 && seconds < day_seconds && day_seconds % seconds == 0)
    return static_cast<int>(day_seconds / seconds);
  return default_season(frequency);
}

CivilTime civil_time(Timestamp time) {
  using namespace std::chrono;
  const int64_t day = day_number(time);
  const year_month_day date{sys_days{days{day}}};
  const int in_day = static_cast<int>(time - day * day_seconds);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          in_day / 3600,
          in_day / 60 % 60,
          in_day % 60};
}

Timestamp timestamp(const CivilTime& c) {
  return days_from_civil(c.year, c.month, c.day) * day_seconds + c.hour * 3600 + c.minute * 60 +
         c.second;
}

int days_in_month(int year, int month) {
  using namespace std::chrono;
  const year_month_day_last last = std::chrono::year{year} /
                                   std::chrono::month{static_cast<unsigned>(month)} /
                                   std::chrono::last;
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

int weekday(Timestamp time) {
  const int64_t days = day_number(time) + 3;
  return static_cast<int>(days - 7 * floor_divide(days, 7));
}

}  // namespace sluice
