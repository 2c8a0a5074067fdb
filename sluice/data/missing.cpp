#include "sluice/data/missing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {
namespace {

constexpr size_t rows_named = 5;

// What a filling rule may look at.
struct Hole {
  std::span<double> values;
  int64_t row;
  int64_t border;  // rows from here on are not to be seen from `row`
  int64_t season;
  double mean;
  int64_t next = 0;  // the next known row, once looked for
};

double forward(Hole& hole) { return hole.values[hole.row - 1]; }

double linear(Hole& hole) {
  if (hole.next <= hole.row) {
    hole.next = hole.row + 1;
    while (hole.next < hole.border && std::isnan(hole.values[hole.next])) ++hole.next;
  }
  if (hole.next >= hole.border) return forward(hole);
  const double before = hole.values[hole.row - 1];
  return before + (hole.values[hole.next] - before) / static_cast<double>(hole.next - hole.row + 1);
}

double seasonal(Hole& hole) {
  return hole.row >= hole.season ? hole.values[hole.row - hole.season] : forward(hole);
}

struct Policy {
  MissingPolicy entry;
  bool needs_past;  // rows before the first value cannot be filled
  double (*fill)(Hole& hole);
};

constexpr std::array policies = {
    Policy{{"error", "stop and list them"}, false, nullptr},
    Policy{{"drop", "leave out rows that miss a value; their neighbours become neighbours"},
           false,
           nullptr},
    Policy{{"linear", "on the line between the known values around; the last value at the end"},
           true,
           linear},
    Policy{{"forward", "the last value known before"}, true, forward},
    Policy{{"mean", "the mean of the column's training part"},
           false,
           [](Hole& hole) { return hole.mean; }},
    Policy{{"zero", "0"}, false, [](Hole&) { return 0.0; }},
    Policy{{"seasonal", "the value one day before, or one season where rows are days or longer"},
           true,
           seasonal},
};

const Policy& policy_of(const std::string& name) {
  for (const Policy& policy : policies)
    if (name == policy.entry.name) return policy;
  std::vector<std::string> known;
  std::string list;
  for (const Policy& policy : policies) {
    known.push_back(policy.entry.name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  const std::string nearest = suggest(name, known);
  fail_config("config.missing", "missing", "\"" + name + "\" is no way to treat missing values",
              nearest.empty() ? "known are " + list : nearest);
}

std::vector<std::string> columns_in_use(const Frame& frame, const CleanOptions& options) {
  if (!options.columns.empty()) return options.columns;
  std::vector<std::string> names;
  for (const Column& column : frame.columns)
    if (column.numeric() && !column.problem) names.push_back(column.name);
  return names;
}

std::vector<double>& values_of(Frame& frame, const std::string& name) {
  frame.numbers(name, "columns");
  for (Column& column : frame.columns)
    if (column.name == name) return column.values;
  fail_data("data.unknown_column", frame.source, "no column \"" + name + "\"");
}

[[noreturn]] void fail_missing(const Frame& frame, const std::vector<MissingCount>& counts) {
  std::string message;
  for (const MissingCount& missing : counts) {
    message += (message.empty() ? "column \"" : ", column \"") + missing.column + "\" misses " +
               std::to_string(missing.count) + (missing.count == 1 ? " value (" : " values (");
    for (size_t i = 0; i < missing.first_rows.size(); ++i) {
      const std::string row = frame.row_text(missing.first_rows[i]);
      message += (i > 0 ? ", " : "") + row;
    }
    message += static_cast<size_t>(missing.count) > missing.first_rows.size() ? ", …)" : ")";
  }
  fail_data("data.missing", frame.where(counts[0].first_rows[0]), message,
            "say missing=linear, forward, seasonal, mean or zero to fill them, or missing=drop to "
            "leave the rows out");
}

double mean_of(std::span<const double> values, const Frame& frame, const std::string& name) {
  double sum = 0;
  int64_t count = 0;
  for (const double value : values)
    if (!std::isnan(value)) sum += value, ++count;
  if (count == 0)
    fail_data("data.all_missing", frame.source,
              "column \"" + name + "\" has no value in the training part to take the mean of",
              "say missing=zero, or leave the column out");
  return sum / static_cast<double>(count);
}

}  // namespace

std::span<const MissingPolicy> missing_policies() {
  static const auto entries = [] {
    std::array<MissingPolicy, policies.size()> all{};
    for (size_t i = 0; i < policies.size(); ++i) all[i] = policies[i].entry;
    return all;
  }();
  return entries;
}

void check_policy(const std::string& name) { policy_of(name); }

std::vector<MissingCount> count_missing(const Frame& frame, std::span<const std::string> columns) {
  std::vector<MissingCount> counts;
  for (const std::string& name : columns) {
    const std::span<const double> values = frame.numbers(name, "columns");
    MissingCount missing{name, 0, {}};
    for (size_t row = 0; row < values.size(); ++row) {
      if (!std::isnan(values[row])) continue;
      if (++missing.count <= static_cast<int64_t>(rows_named))
        missing.first_rows.push_back(static_cast<int64_t>(row));
    }
    if (missing.count > 0) counts.push_back(std::move(missing));
  }
  return counts;
}

Frame leave_out_rows(Frame frame, const CleanOptions& options) {
  const Policy& policy = policy_of(options.missing);
  const bool drop = options.missing == "drop";
  if (!drop && !policy.needs_past) return frame;
  std::vector<bool> misses(static_cast<size_t>(frame.rows()), false);
  for (const std::string& name : columns_in_use(frame, options)) {
    const std::span<const double> values = frame.numbers(name, "columns");
    for (size_t row = 0; row < values.size(); ++row)
      if (std::isnan(values[row])) misses[row] = true;
  }
  // Without drop, only the rows go that stand before the first one with every value.
  const auto begin = std::find(misses.begin(), misses.end(), false) - misses.begin();
  std::vector<int64_t> kept;
  for (int64_t row = begin; row < frame.rows(); ++row)
    if (!drop || !misses[static_cast<size_t>(row)]) kept.push_back(row);
  const int64_t count = frame.rows() - static_cast<int64_t>(kept.size());
  if (count == 0) return frame;
  if (kept.empty())
    fail_data("data.all_missing", frame.source, "no row has a value in every column in use",
              "leave out the columns that are mostly empty");
  const auto first = std::find(misses.begin(), misses.end(), true) - misses.begin();
  frame.notes.push_back(std::to_string(count) +
                        (drop ? " rows that miss a value" : " rows before the first values") +
                        " were left out (first: " + frame.row_text(first) + ")");
  return gather(std::move(frame), kept);
}

Frame fill_missing(Frame frame, const CleanOptions& options, int64_t train_rows) {
  const Policy& policy = policy_of(options.missing);
  const std::vector<MissingCount> counts = count_missing(frame, columns_in_use(frame, options));
  if (counts.empty()) return frame;
  if (policy.fill == nullptr) fail_missing(frame, counts);
  const int64_t rows = frame.rows();
  const int64_t train = train_rows > 0 ? std::min(train_rows, rows) : rows;
  const int season = options.season > 0 ? options.season : steps_per_day_or_season(frame.frequency);
  for (const MissingCount& missing : counts) {
    const std::span<double> values = values_of(frame, missing.column);
    const bool averages = options.missing == "mean";
    const double mean = averages ? mean_of(values.first(train), frame, missing.column) : 0;
    if (policy.needs_past && std::isnan(values[0]))
      fail_data("data.missing", frame.where(0),
                "column \"" + missing.column +
                    "\" begins with a missing value, which has no past " + "to be filled from",
                "regularize() leaves such rows out");
    Hole hole{values, 0, rows, season, mean};
    for (hole.row = missing.first_rows[0]; hole.row < rows; ++hole.row) {
      hole.border = hole.row < train ? train : rows;
      if (std::isnan(values[hole.row])) values[hole.row] = policy.fill(hole);
    }
    frame.notes.push_back(std::to_string(missing.count) + " missing values of \"" + missing.column +
                          "\" were filled (missing=" + options.missing +
                          ", first: " + frame.row_text(missing.first_rows[0]) + ")");
  }
  return frame;
}

}  // namespace sluice
