#include "sluice/data/synthetic.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "sluice/base/random.h"

namespace sluice {

std::vector<double> synthetic_series(const SyntheticOptions& options) {
  std::vector<double> values(static_cast<size_t>(options.rows));
  Generator generator(options.seed);
  generator.normal(values);
  for (size_t t = 0; t < values.size(); ++t) {
    const auto step = static_cast<double>(t);
    values[t] = options.level + options.trend * step +
                options.amplitude * std::sin(2 * std::numbers::pi * step / options.season) +
                options.noise * values[t];
  }
  return values;
}

Frame synthetic_frame(const SyntheticOptions& options, const std::string& frequency) {
  Frame frame;
  frame.source = "synthetic";
  frame.columns.push_back({"y", synthetic_series(options), {}, {}, std::nullopt});
  frame.row_numbers.resize(static_cast<size_t>(options.rows));
  std::iota(frame.row_numbers.begin(), frame.row_numbers.end(), 2);
  frame.frequency = parse_frequency(frequency);
  if (!frame.frequency.regular()) return frame;
  frame.time_name = "time";
  frame.time_pattern = "%Y-%m-%d %H:%M:%S";
  Timestamp time = timestamp({2000, 1, 1, 0, 0, 0});
  for (int64_t row = 0; row < options.rows; ++row) {
    frame.time.push_back(time);
    time = advance(frame.frequency, time, 1);
  }
  return frame;
}

}  // namespace sluice
