#include "csv_text.h"

#include <fmt/core.h>

#include <cmath>

#include "console.h"
#include "sluice/io/atomic_file.h"

namespace sluice::cli {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_number(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

std::string date_label(const Frame& frame, int64_t row) {
  return frame.time.empty() ? std::to_string(row + 1) : frame.label(row);
}

std::vector<std::string> future_labels(const Frame& frame, int count) {
  std::vector<std::string> labels;
  const bool dated = !frame.time.empty() && frame.frequency.regular();
  if (dated)
    for (Timestamp time : future_times(frame.frequency, frame.time.back(), count))
      labels.push_back(frame.format(time));
  for (int h = 1; !dated && h <= count; ++h)
    labels.push_back(frame.time.empty() ? std::to_string(frame.rows() + h)
                                        : "+" + std::to_string(h));
  return labels;
}

void check_output(const std::string& path) {
  if (path != "-") check_writable(path);
}

void write_output(const std::string& path, std::string_view text) {
  if (path != "-") {
    write_text_file(path, text);
    return;
  }
  write_stdout(text);
}

}  // namespace sluice::cli
