#include "sluice/train/schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "sluice/base/error.h"

namespace sluice {

namespace {

using Row = RegistryRow<ScheduleFactory>;

Schedule make_constant(double rate, int, const Options&) {
  return [=](int) { return rate; };
}

// A negative rate would climb the loss.
double factor_of(const Options& options, double initial) {
  const double factor = options.get_double("factor", initial);
  if (!(factor >= 0))
    fail_config("train.schedule", "schedule.factor", "it must be 0 or more", "write factor: 0.5");
  return factor;
}

Schedule make_step(double rate, int, const Options& options) {
  const int every = options.get_int("every", 10);
  const double factor = factor_of(options, 0.1);
  if (every < 1)
    fail_config("train.schedule", "schedule.every", "it must be 1 or more", "write every: 10");
  return [=](int epoch) { return rate * std::pow(factor, epoch / every); };
}

Schedule make_exponential(double rate, int, const Options& options) {
  const double factor = factor_of(options, 0.95);
  return [=](int epoch) { return rate * std::pow(factor, epoch); };
}

Schedule make_cosine(double rate, int epochs, const Options& options) {
  const double least = options.get_double("minimum", 0);
  const int period = options.get_int("period", epochs);
  if (period < 1)
    fail_config("train.schedule", "schedule.period", "it must be 1 or more", "leave it out");
  return [=](int epoch) {
    const double done = std::min(1.0, static_cast<double>(epoch) / period);
    return least + (rate - least) * 0.5 * (1 + std::cos(std::numbers::pi * done));
  };
}

Schedule make_table(double, int, const Options& options) {
  std::vector<std::pair<int, double>> rates;
  for (const auto& [key, text] : options.items()) {
    int epoch = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), epoch);
    if (error != std::errc() || end != key.data() + key.size())
      fail_config("train.schedule", "schedule." + key, "\"" + key + "\" is not an epoch",
                  "write for example {0: 0.001, 10: 0.0005}");
    rates.emplace_back(epoch, options.get_double(key, 0));
  }
  return table_schedule(std::move(rates));
}

}  // namespace

Schedule table_schedule(std::vector<std::pair<int, double>> rates) {
  std::sort(rates.begin(), rates.end());
  if (rates.empty() || rates.front().first != 0)
    fail_config("train.schedule", "schedule", "the table has no learning rate for epoch 0",
                "write for example {0: 0.001, 10: 0.0005}");
  return [rates = std::move(rates)](int epoch) {
    double rate = rates.front().second;
    for (const auto& [first, value] : rates)
      if (first <= epoch) rate = value;
    return rate;
  };
}

std::span<const Row> schedule_registry() {
  static const std::vector<Row> rows = {
      {"constant", "the same in every epoch", {}, make_constant},
      {"step",
       "times `factor` after every so many epochs",
       {{"every", "10", "epochs between changes"}, {"factor", "0.1", "of each change"}},
       make_step},
      {"exponential",
       "times `factor` after every epoch",
       {{"factor", "0.95", "of each epoch"}},
       make_exponential},
      {"cosine",
       "half a cosine wave from learning_rate down to `minimum`",
       {{"minimum", "0", "rate at the end"}, {"period", "epochs", "epochs until the end"}},
       make_cosine},
      {"table",
       "each rate from its epoch on: {0: 0.001, 10: 0.0005}",
       {{"0", "", "rate from epoch 0 on; further epochs likewise"}},
       make_table},
  };
  return rows;
}

Schedule make_schedule(const std::string& name, double learning_rate, int epochs,
                       const Options& options) {
  Schedule schedule =
      find_row(schedule_registry(), name, "schedule").make(learning_rate, epochs, options);
  options.finish();
  return schedule;
}

}  // namespace sluice
