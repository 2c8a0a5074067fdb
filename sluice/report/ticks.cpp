#include "sluice/report/ticks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace sluice {

namespace {

constexpr int64_t one_minute = 60, one_hour = 3600, one_day = 86400;
constexpr double largest_time = 9e11;  // year 30000: beyond, dates are not written
constexpr size_t most_ticks = 1000;    // whatever is asked for

struct Civil {
  int year;
  unsigned month, day_of_month;
  int64_t second_of_day;
};

Civil civil(int64_t time) {
  using namespace std::chrono;
  const sys_days date = floor<days>(sys_seconds(seconds(time)));
  const year_month_day parts(date);
  return {static_cast<int>(parts.year()), static_cast<unsigned>(parts.month()),
          static_cast<unsigned>(parts.day()),
          time - duration_cast<seconds>(date.time_since_epoch()).count()};
}

int64_t first_of_month(int64_t months_since_year_0) {
  using namespace std::chrono;
  const int64_t year_number = months_since_year_0 / 12;
  const sys_days date(year(static_cast<int>(year_number)) /
                      month(static_cast<unsigned>(months_since_year_0 % 12) + 1) / 1);
  return duration_cast<seconds>(date.time_since_epoch()).count();
}

enum class Precision { year, month, day, minute, second };

std::string write_time(int64_t time, Precision precision) {
  const Civil c = civil(time);
  const int64_t s = c.second_of_day;
  std::array<char, 64> text{};
  const auto print = [&](const char* format, auto... values) {
    std::snprintf(text.data(), text.size(), format, values...);
  };
  const int h = static_cast<int>(s / one_hour), m = static_cast<int>(s / one_minute % 60);
  switch (precision) {
    case Precision::year:
      print("%04d", c.year);
      break;
    case Precision::month:
      print("%04d-%02u", c.year, c.month);
      break;
    case Precision::day:
      print("%04d-%02u-%02u", c.year, c.month, c.day_of_month);
      break;
    case Precision::minute:
      print("%04d-%02u-%02u %02d:%02d", c.year, c.month, c.day_of_month, h, m);
      break;
    case Precision::second:
      print("%04d-%02u-%02u %02d:%02d:%02d", c.year, c.month, c.day_of_month, h, m,
            static_cast<int>(s % 60));
      break;
  }
  return text.data();
}

// On an axis of hours the date stands at midnight only.
std::string write_clock(int64_t time, bool seconds) {
  if (time % one_day == 0) return write_time(time, Precision::day);
  return write_time(time, seconds ? Precision::second : Precision::minute).substr(11);
}

int64_t round_up(int64_t value, int64_t step) {
  const int64_t down = value / step * step;
  return down < value ? down + step : down;
}

// Every `step` months; from 12 on, every so many years.
std::vector<Tick> month_ticks(int64_t first, int64_t last, int64_t step) {
  const Civil start = civil(first);
  const int64_t month = int64_t{start.year} * 12 + start.month - 1;
  const Precision precision = step % 12 == 0 ? Precision::year : Precision::month;
  std::vector<Tick> ticks;
  for (int64_t m = round_up(std::max<int64_t>(month, 0), step); ticks.size() < most_ticks;
       m += step) {
    const int64_t time = first_of_month(m);
    if (time > last) break;
    if (time >= first) ticks.push_back({static_cast<double>(time), write_time(time, precision)});
  }
  return ticks;
}

std::vector<Tick> clock_ticks(int64_t first, int64_t last, int64_t step) {
  const int64_t shift = step % (7 * one_day) == 0 ? 4 * one_day : 0;  // weeks begin on Mondays
  std::vector<Tick> ticks;
  for (int64_t t = round_up(first - shift, step) + shift; t <= last && ticks.size() < most_ticks;
       t += step)
    ticks.push_back({static_cast<double>(t), step >= one_day ? write_time(t, Precision::day)
                                                             : write_clock(t, step < one_minute)});
  return ticks;
}

}  // namespace

std::vector<Tick> time_ticks(double first, double last, int most) {
  if (!(first <= last) || std::abs(first) > largest_time || std::abs(last) > largest_time)
    return {};
  const auto from = static_cast<int64_t>(std::ceil(first));
  const auto to = static_cast<int64_t>(std::floor(last));
  const int64_t span = to - from;
  constexpr int64_t clock_steps[] = {1,
                                     5,
                                     15,
                                     30,
                                     one_minute,
                                     5 * one_minute,
                                     15 * one_minute,
                                     30 * one_minute,
                                     one_hour,
                                     3 * one_hour,
                                     6 * one_hour,
                                     12 * one_hour,
                                     one_day,
                                     2 * one_day,
                                     7 * one_day,
                                     14 * one_day};
  for (const int64_t step : clock_steps)
    if (span / step + 1 <= most) return clock_ticks(from, to, step);
  constexpr int64_t month_length = 30 * one_day;
  for (const int64_t step : {1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000})
    if (span / (step * month_length) + 1 <= most) return month_ticks(from, to, step);
  return month_ticks(from, to, 120000);
}

namespace {

std::string write_number(double value) {
  std::array<char, 40> text{};
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e7);
  std::snprintf(text.data(), text.size(), plain ? "%.10g" : "%.4g", value);
  return text.data();
}

std::vector<Tick> powers_of_ten(double first, double last, int most) {
  const double low = std::floor(std::log10(first)), high = std::ceil(std::log10(last));
  const bool room = 3 * (high - low) <= 2 * most;
  const double every = std::max(1.0, std::ceil((high - low) / most));
  std::vector<Tick> ticks;
  for (double power = low; power <= high; power += every)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10, power);
      if ((factor == 1 || room) && value >= first && value <= last)
        ticks.push_back({value, write_number(value)});
    }
  return ticks;
}

}  // namespace

std::vector<Tick> number_ticks(double first, double last, bool logarithmic, int most) {
  if (!(first < last) || !std::isfinite(last - first)) return {};
  if (logarithmic) return powers_of_ten(first, last, most);
  double step = std::pow(10, std::floor(std::log10((last - first) / most)));
  constexpr std::array<double, 3> growth{2, 2.5, 2};
  for (size_t i = 0; (last - first) / step > most; ++i) step *= growth[i % 3];
  std::vector<Tick> ticks;
  for (double n = std::ceil(first / step); n * step <= last && ticks.size() < most_ticks; ++n)
    ticks.push_back({n * step, write_number(n * step)});
  return ticks;
}

std::vector<std::string> time_labels(const std::vector<int64_t>& times) {
  Precision precision = Precision::month;
  for (const int64_t time : times) {
    const Civil c = civil(time);
    Precision needed = Precision::month;
    if (c.day_of_month != 1) needed = Precision::day;
    if (c.second_of_day != 0) needed = Precision::minute;
    if (c.second_of_day % one_minute != 0) needed = Precision::second;
    precision = std::max(precision, needed);
  }
  if (times.size() == 1) precision = std::max(precision, Precision::day);
  std::vector<std::string> labels;
  labels.reserve(times.size());
  for (const int64_t time : times) labels.push_back(write_time(time, precision));
  return labels;
}

}  // namespace sluice
