#include "sluice/data/calendar_feature.h"

#include <array>
#include <cmath>
#include <numbers>

#include "sluice/base/error.h"

namespace sluice {
namespace {

using Kind = CalendarFeature::Kind;

struct Row {
  CalendarWord word;
  Kind kind;
  int values;             // distinct values; 0 = only harmonics make sense
  int default_harmonics;  // 0 = one-hot
};

constexpr std::array rows = {
    Row{{"month", "month of the target's date, one-hot (12) unless month:K asks for K harmonics"},
        Kind::month,
        12,
        0},
    Row{{"weekday", "weekday, Monday first, one-hot (7) or weekday:K"}, Kind::weekday, 7, 0},
    Row{{"day_of_year", "place in the year as 2 harmonics, or day_of_year:K"},
        Kind::day_of_year,
        0,
        2},
    Row{{"hour", "hour of the day, one-hot (24) or hour:K"}, Kind::hour, 24, 0},
};

const Row& row_of(Kind kind) { return rows[static_cast<size_t>(kind)]; }

// Which one-hot place is set, and how far the period has run (0 … 1).
struct Place {
  int value;
  double fraction;
};

Place place(Kind kind, Timestamp time) {
  const CivilTime civil = civil_time(time);
  switch (kind) {
    case Kind::month:
      return {civil.month - 1, (civil.month - 1) / 12.0};
    case Kind::weekday:
      return {weekday(time), weekday(time) / 7.0};
    case Kind::hour:
      return {civil.hour, (civil.hour * 60 + civil.minute) / 1440.0};
    case Kind::day_of_year:
      break;
  }
  const Timestamp start = timestamp({civil.year, 1, 1, 0, 0, 0});
  const Timestamp end = timestamp({civil.year + 1, 1, 1, 0, 0, 0});
  return {0, static_cast<double>(time - start) / static_cast<double>(end - start)};
}

[[noreturn]] void fail_word(const std::string& word, const std::string& why) {
  std::string known;
  for (const Row& row : rows) known += (known.empty() ? "" : ", ") + std::string(row.word.name);
  fail_config("config.calendar", "calendar", "\"" + word + "\" " + why,
              "known are " + known + ", each with :K for K harmonics or :one_hot");
}

}  // namespace

int CalendarFeature::width() const { return harmonics > 0 ? 2 * harmonics : row_of(kind).values; }

CalendarFeature parse_calendar_feature(const std::string& word) {
  const size_t colon = word.find(':');
  const std::string name = word.substr(0, colon);
  const std::string encoding = colon == std::string::npos ? "" : word.substr(colon + 1);
  for (const Row& row : rows) {
    if (name != row.word.name) continue;
    CalendarFeature feature{row.kind, row.default_harmonics};
    if (encoding == "one_hot") {
      if (row.values == 0) fail_word(word, "would need a column a day");
      feature.harmonics = 0;
    } else if (colon != std::string::npos) {
      const bool digits = !encoding.empty() && encoding.size() <= 2 &&
                          encoding.find_first_not_of("0123456789") == std::string::npos;
      if (!digits || std::stoi(encoding) < 1) fail_word(word, "names no encoding");
      feature.harmonics = std::stoi(encoding);
    }
    return feature;
  }
  fail_word(word, "is no calendar feature");
}

std::span<const CalendarWord> calendar_words() {
  static const auto words = [] {
    std::array<CalendarWord, rows.size()> all{};
    for (size_t i = 0; i < rows.size(); ++i) all[i] = rows[i].word;
    return all;
  }();
  return words;
}

int calendar_width(std::span<const CalendarFeature> features) {
  int width = 0;
  for (const CalendarFeature& feature : features) width += feature.width();
  return width;
}

std::vector<std::string> calendar_names(std::span<const CalendarFeature> features) {
  std::vector<std::string> names;
  for (const CalendarFeature& feature : features) {
    const std::string name = row_of(feature.kind).word.name;
    const int first = feature.kind == Kind::month ? 1 : 0;
    for (int k = 1; k <= feature.harmonics; ++k)
      for (const char* wave : {"sin", "cos"})
        names.push_back(wave + std::to_string(k) + "(" + name + ")");
    if (feature.harmonics == 0)
      for (int v = 0; v < feature.width(); ++v)
        names.push_back(name + "=" + std::to_string(v + first));
  }
  return names;
}

void fill_calendar(std::span<const CalendarFeature> features, Timestamp time,
                   std::span<double> out) {
  size_t at = 0;
  for (const CalendarFeature& feature : features) {
    const Place here = place(feature.kind, time);
    for (int k = 1; k <= feature.harmonics; ++k) {
      const double angle = 2 * std::numbers::pi * k * here.fraction;
      out[at++] = std::sin(angle);
      out[at++] = std::cos(angle);
    }
    if (feature.harmonics == 0)
      for (int v = 0; v < feature.width(); ++v) out[at++] = v == here.value ? 1 : 0;
  }
}

}  // namespace sluice
