#include "sluice/data/frequency_guess.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace sluice {
namespace {

constexpr int64_t day_seconds = 86400;

int64_t month_number(const CivilTime& civil) { return int64_t{12} * civil.year + civil.month; }

int64_t second_of_day(const CivilTime& civil) {
  return int64_t{3600} * civil.hour + 60 * civil.minute + civil.second;
}

// The day of the month that every date falls on (31: the last), if there is one and the time of day
// stays the same.
std::optional<int> month_anchor(std::span<const Timestamp> times) {
  const CivilTime first = civil_time(times[0]);
  int latest = 0;
  bool all_last = true;
  for (const Timestamp time : times) {
    const CivilTime civil = civil_time(time);
    if (second_of_day(civil) != second_of_day(first)) return std::nullopt;
    if (civil.day < 28 && civil.day != first.day) return std::nullopt;
    all_last = all_last && civil.day == days_in_month(civil.year, civil.month);
    latest = std::max(latest, civil.day);
  }
  if (all_last) return 31;
  int64_t month_before = month_number(first) - 1;
  for (const Timestamp time : times) {
    const CivilTime civil = civil_time(time);
    if (civil.day != std::min(latest, days_in_month(civil.year, civil.month))) return std::nullopt;
    if (month_number(civil) == month_before) return std::nullopt;
    month_before = month_number(civil);
  }
  return latest;
}

// The most usual of some distances, the smaller of two equally usual ones.
int64_t most_usual(const std::vector<int64_t>& distances) {
  std::unordered_map<int64_t, int64_t> counts;
  for (const int64_t distance : distances) ++counts[distance];
  int64_t best = 0, best_count = 0;
  for (const auto& [distance, count] : counts)
    if (count > best_count || (count == best_count && distance < best))
      best = distance, best_count = count;
  return best;
}

Frequency of_months(int64_t months, int anchor) {
  if (months % 12 == 0) return {TimeUnit::year, static_cast<int>(months / 12), anchor};
  if (months % 3 == 0) return {TimeUnit::quarter, static_cast<int>(months / 3), anchor};
  return {TimeUnit::month, static_cast<int>(months), anchor};
}

Frequency of_seconds(int64_t seconds, Timestamp first) {
  const auto whole = [&](TimeUnit unit, int64_t length) {
    return Frequency{unit, static_cast<int>(seconds / length), 0};
  };
  if (seconds % (7 * day_seconds) == 0) {
    Frequency weeks = whole(TimeUnit::week, 7 * day_seconds);
    weeks.anchor = weekday(first);
    return weeks;
  }
  if (seconds % day_seconds == 0) return whole(TimeUnit::day, day_seconds);
  if (seconds % 3600 == 0) return whole(TimeUnit::hour, 3600);
  if (seconds % 60 == 0) return whole(TimeUnit::minute, 60);
  return whole(TimeUnit::second, 1);
}

bool weekdays_only(std::span<const Timestamp> times) {
  bool crosses = false;
  for (size_t i = 0; i < times.size(); ++i) {
    if (weekday(times[i]) > 4) return false;
    crosses = crosses || (i > 0 && weekday(times[i]) < weekday(times[i - 1]));
  }
  return crosses;
}

FrequencyGuess guess_months(std::span<const Timestamp> times, int anchor) {
  std::vector<int64_t> distances;
  for (size_t i = 1; i < times.size(); ++i)
    distances.push_back(month_number(civil_time(times[i])) -
                        month_number(civil_time(times[i - 1])));
  int64_t step = most_usual(distances);
  for (const int64_t distance : distances)
    if (distance % step != 0) step = std::gcd(step, distance);
  return check_frequency(of_months(step, anchor), times);
}

}  // namespace

FrequencyGuess guess_frequency(std::span<const Timestamp> times) {
  if (times.size() < 2) return {};
  if (const std::optional<int> anchor = month_anchor(times)) {
    FrequencyGuess guess = guess_months(times, *anchor);
    if (guess.missing <= static_cast<int64_t>(times.size())) return guess;
  }
  std::vector<int64_t> distances;
  distances.reserve(times.size() - 1);
  for (size_t i = 1; i < times.size(); ++i) distances.push_back(times[i] - times[i - 1]);
  const int64_t step = most_usual(distances);
  const auto usual = std::count(distances.begin(), distances.end(), step);
  if (2 * usual < static_cast<int64_t>(distances.size())) {
    FrequencyGuess odd;
    const auto other = std::find_if(distances.begin(), distances.end(),
                                    [&](int64_t distance) { return distance != distances[0]; });
    odd.odd_row = other - distances.begin() + 1;
    return odd;
  }
  if (step == day_seconds && weekdays_only(times)) {
    FrequencyGuess guess = check_frequency({TimeUnit::business_day, 1, 0}, times);
    guess.trading_days = !guess.gaps.empty();
    return guess;
  }
  return check_frequency(of_seconds(step, times[0]), times);
}

FrequencyGuess check_frequency(const Frequency& frequency, std::span<const Timestamp> times) {
  FrequencyGuess guess;
  guess.frequency = frequency;
  for (size_t i = 1; i < times.size(); ++i) {
    const int64_t steps = steps_between(frequency, times[i - 1], times[i]);
    if (steps < 1) {
      guess.frequency = {};
      guess.gaps.clear();
      guess.missing = 0;
      guess.odd_row = static_cast<int64_t>(i);
      return guess;
    }
    if (steps == 1) continue;
    guess.gaps.push_back({static_cast<int64_t>(i) - 1, steps - 1});
    guess.missing += steps - 1;
  }
  return guess;
}

}  // namespace sluice
