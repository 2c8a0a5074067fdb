#include "sluice/data/split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "sluice/base/error.h"
#include "sluice/data/time_format.h"

namespace sluice {
namespace {

// A part as an option gives it.
struct Part {
  enum class Kind { none, count, share, date } kind = Kind::none;
  int64_t count = 0;
  double share = 0;
  Timestamp date = 0;
};

[[noreturn]] void fail_part(const std::string& option, const std::string& text,
                            const std::string& why) {
  fail_config("config.split", option, option + "=" + text + " " + why,
              "say a number of rows (48), a share (0.33 or 33%) or a date (2010-01-03)");
}

std::optional<double> number_of(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool digit_first = !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) ||
                                             text[0] == '.' || text[0] == '-');
  if (!digit_first || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

Part read_part(const std::string& text, const std::string& option) {
  if (text.empty()) return {};
  const bool percent = text.back() == '%';
  const std::optional<double> number = number_of(percent ? text.substr(0, text.size() - 1) : text);
  if (!number) return {Part::Kind::date, 0, 0, parse_iso_time(text, option)};
  if (*number == 0) return {};
  const double share = percent ? *number / 100 : *number;
  if (percent || (share < 1 && share > 0)) {
    if (!(share > 0 && share < 1)) fail_part(option, text, "is no share between 0 and 100 %");
    return {Part::Kind::share, 0, share, 0};
  }
  if (*number < 0 || *number != std::floor(*number) || *number > 1e15)
    fail_part(option, text, "is no number of rows");
  return {Part::Kind::count, static_cast<int64_t>(*number), 0, 0};
}

// As int(rows · share), but 0.29 · 100 is 29.
int64_t share_of(int64_t rows, double share) {
  return static_cast<int64_t>(std::floor(static_cast<double>(rows) * share + 1e-9));
}

int64_t row_of_date(const Frame& frame, Timestamp date, const std::string& option) {
  if (frame.time.empty())
    fail_config("config.split", option,
                "a date needs a file with dates, and " + frame.source + " has none",
                "say a number of rows or a share");
  return std::lower_bound(frame.time.begin(), frame.time.end(), date) - frame.time.begin();
}

// Where a part begins that ends at `end`.
int64_t begin_of(const Part& part, int64_t end, const Frame& frame, const std::string& option) {
  switch (part.kind) {
    case Part::Kind::none:
      return end;
    case Part::Kind::count:
      return end - part.count;
    case Part::Kind::share:
      return share_of(end, 1 - part.share);
    case Part::Kind::date:
      return row_of_date(frame, part.date, option);
  }
  return end;
}

void check(const Split& split, const Part& validation, bool wants_test, const Frame& frame) {
  const std::string rows = std::to_string(split.rows) + " rows";
  const auto refuse = [&](const std::string& option, const std::string& why) {
    fail_config("config.split", option, why + ", the file has " + rows,
                "take a smaller part for " + option);
  };
  if (wants_test && split.validation_end >= split.rows) refuse("test", "no row is left to test on");
  if (split.validation_end < 1) refuse("test", "the test part leaves no row to train on");
  if (split.train_end < 1 || split.train_end > split.validation_end)
    refuse("validation", "the validation part leaves no row to train on");
  if (validation.kind != Part::Kind::none && split.train_end == split.validation_end)
    refuse("validation", "no row is left to validate on");
  (void)frame;
}

}  // namespace

Split split_rows(const Frame& frame, const SplitOptions& options) {
  const Part train = read_part(options.train, "train");
  const Part validation = read_part(options.validation, "validation");
  const Part test = read_part(options.test, "test");
  if (train.kind != Part::Kind::none && test.kind != Part::Kind::none)
    fail_config("config.split", "train", "train and test are both given",
                "give one; the other is the rest");
  if (train.kind == Part::Kind::date)
    fail_part("train", options.train, "is a date, and a training part has no first row to name");
  Split split;
  split.rows = frame.rows();
  split.validation_end = begin_of(test, split.rows, frame, "test");
  if (train.kind == Part::Kind::count) split.validation_end = train.count;
  if (train.kind == Part::Kind::share) split.validation_end = share_of(split.rows, train.share);
  split.train_end = begin_of(validation, split.validation_end, frame, "validation");
  check(split, validation, test.kind != Part::Kind::none || train.kind != Part::Kind::none, frame);
  return split;
}

}  // namespace sluice
