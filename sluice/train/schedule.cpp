#include "sluice/train/schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>

#include "sluice/base/error.h"

namespace sluice {

namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& what, const std::string& hint) {
  fail_config("train.schedule", "schedule." + key, what, hint);
}

// A schedule that is a formula of the time alone.
template <class Formula>
class FormulaSchedule : public Schedule {
 public:
  explicit FormulaSchedule(Formula formula) : formula_(std::move(formula)) {}
  double rate(const TrainTime& time) const override { return formula_(time); }

 private:
  Formula formula_;
};

template <class Formula>
std::unique_ptr<Schedule> made(Formula formula) {
  return std::make_unique<FormulaSchedule<Formula>>(std::move(formula));
}

std::unique_ptr<Schedule> make_constant(double rate, int, const Options&) {
  return made([=](const TrainTime&) { return rate; });
}

// A negative rate would climb the loss.
double factor_of(const Options& options, double initial) {
  const double factor = options.get_double("factor", initial);
  if (!(factor >= 0)) refuse("factor", "it must be 0 or more", "write factor: 0.5");
  return factor;
}

std::unique_ptr<Schedule> make_step(double rate, int, const Options& options) {
  const int every = options.get_int("every", 10);
  const double factor = factor_of(options, 0.1);
  if (every < 1) refuse("every", "it must be 1 or more", "write every: 10");
  return made([=](const TrainTime& time) { return rate * std::pow(factor, time.epoch / every); });
}

std::unique_ptr<Schedule> make_exponential(double rate, int, const Options& options) {
  const double factor = factor_of(options, 0.95);
  return made([=](const TrainTime& time) { return rate * std::pow(factor, time.epoch); });
}

// Time in what a schedule counts: epochs, or updates.
struct Ticks {
  bool updates;
  double in(double epochs, const TrainTime& time) const {
    return updates ? epochs * static_cast<double>(time.batches) : epochs;
  }
  double now(const TrainTime& time) const {
    return in(time.epoch, time) + (updates ? static_cast<double>(time.batch) : 0);
  }
};

Ticks read_ticks(const Options& options, const std::string& initial) {
  return {options.get_choice("by", initial, {"epoch", "update"}) == "update"};
}

// From `high` at share 0 to `low` at share 1, along half a wave.
double half_wave(double high, double low, double share) {
  return low + (high - low) * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

std::unique_ptr<Schedule> make_cosine(double rate, int epochs, const Options& options) {
  const double least = options.get_double("minimum", 0);
  const int period = options.get_int("period", epochs);
  const double warmup = options.get_double("warmup", 0);
  const Ticks ticks = read_ticks(options, "epoch");
  if (period < 1) refuse("period", "it must be 1 or more", "leave it out");
  if (!(warmup >= 0) || (warmup > 0 && warmup >= period))
    refuse("warmup", "it must be at least 0 and less than all epochs", "write warmup: 5");
  return made([=](const TrainTime& time) {
    const double now = ticks.now(time), warm = ticks.in(warmup, time);
    if (now < warm) return rate * std::min(1.0, (now + 1) / warm);
    const double all = ticks.in(period, time) - warm;
    return half_wave(rate, least, std::min(1.0, (now - warm) / all));
  });
}

std::unique_ptr<Schedule> make_one_cycle(double rate, int epochs, const Options& options) {
  const double rise = options.get_double("rise", 0.3);
  const double start = rate / options.get_double("start_divisor", 25);
  const double least = start / options.get_double("end_divisor", 1e4);
  const Ticks ticks = read_ticks(options, "update");
  if (!(rise > 0 && rise < 1)) refuse("rise", "it must lie between 0 and 1", "write rise: 0.3");
  for (double divided : {start, least})
    if (!(divided >= 0) || !std::isfinite(divided))
      refuse("start_divisor", "divisors must be above 0", "leave them out");
  return made([=](const TrainTime& time) {
    const double last = ticks.in(epochs, time) - 1, top = rise * (last + 1) - 1;
    const double now = std::min(ticks.now(time), last);
    if (now <= top && top > 0) return half_wave(start, rate, now / top);
    return half_wave(rate, least, last > top ? (now - top) / (last - top) : 1);
  });
}

struct PlateauOptions {
  double factor = 0.1, threshold = 1e-4, minimum = 0;
  int patience = 10, cooldown = 0;
};

class Plateau : public Schedule {
 public:
  Plateau(double rate, const PlateauOptions& options) : options_(options), rate_(rate) {}
  double rate(const TrainTime&) const override { return rate_; }

  void observe(double loss) override {
    const bool better = loss < best_ * (1 - options_.threshold);
    if (better) best_ = loss;
    bad_ = better ? 0 : bad_ + 1;
    if (resting_ > 0) --resting_, bad_ = 0;
    if (bad_ <= options_.patience) return;
    rate_ = std::max(rate_ * options_.factor, std::min(rate_, options_.minimum));
    resting_ = options_.cooldown;
    bad_ = 0;
  }

 private:
  PlateauOptions options_;
  double rate_, best_ = std::numeric_limits<double>::infinity();
  int bad_ = 0, resting_ = 0;
};

std::unique_ptr<Schedule> make_plateau(double rate, int, const Options& options) {
  PlateauOptions plateau;
  plateau.factor = factor_of(options, plateau.factor);
  plateau.patience = options.get_int("patience", plateau.patience);
  plateau.threshold = options.get_double("threshold", plateau.threshold);
  plateau.cooldown = options.get_int("cooldown", plateau.cooldown);
  plateau.minimum = options.get_double("minimum", plateau.minimum);
  if (plateau.factor >= 1) refuse("factor", "it must be below 1", "write factor: 0.5");
  if (plateau.patience < 0) refuse("patience", "it must not be negative", "write patience: 10");
  return std::make_unique<Plateau>(rate, plateau);
}

std::unique_ptr<Schedule> make_table(double, int, const Options& options) {
  std::vector<std::pair<int, double>> rates;
  for (const auto& [key, text] : options.items()) {
    int epoch = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), epoch);
    if (error != std::errc() || end != key.data() + key.size())
      refuse(key, "\"" + key + "\" is not an epoch", "write for example {0: 0.001, 10: 0.0005}");
    rates.emplace_back(epoch, options.get_double(key, 0));
  }
  std::sort(rates.begin(), rates.end());
  if (rates.empty() || rates.front().first != 0)
    fail_config("train.schedule", "schedule", "the table has no learning rate for epoch 0",
                "write for example {0: 0.001, 10: 0.0005}");
  return made([rates = std::move(rates)](const TrainTime& time) {
    double rate = rates.front().second;
    for (const auto& [first, value] : rates)
      if (first <= time.epoch) rate = value;
    return rate;
  });
}

}  // namespace

std::span<const RegistryRow<ScheduleFactory>> schedule_registry() {
  static const std::vector<RegistryRow<ScheduleFactory>> rows = {
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
       {{"minimum", "0", "rate at the end"},
        {"period", "epochs", "epochs until the end"},
        {"warmup", "0", "epochs in which the rate grows in a straight line first"},
        {"by", "epoch", "whether it changes at every epoch or every update"}},
       make_cosine},
      {"one_cycle",
       "up to learning_rate and down to next to nothing, in half cosine waves, as PyTorch",
       {{"rise", "0.3", "share of the updates on the way up"},
        {"start_divisor", "25", "learning_rate by the rate at the start"},
        {"end_divisor", "10000", "the rate at the start by that at the end"},
        {"by", "update", "whether it changes at every epoch or every update"}},
       make_one_cycle},
      {"plateau",
       "times `factor` when the validation loss (or the loss) stands still, as PyTorch",
       {{"factor", "0.1", "of each change"},
        {"patience", "10", "epochs without a better loss that are let pass"},
        {"threshold", "1e-4", "share of the loss that counts as better"},
        {"cooldown", "0", "epochs after a change that do not count"},
        {"minimum", "0", "least rate"}},
       make_plateau},
      {"table",
       "each rate from its epoch on: {0: 0.001, 10: 0.0005}",
       {{"0", "", "rate from epoch 0 on; further epochs likewise"}},
       make_table},
  };
  return rows;
}

std::unique_ptr<Schedule> make_schedule(const std::string& name, double learning_rate, int epochs,
                                        const Options& options) {
  auto schedule =
      find_row(schedule_registry(), name, "schedule").make(learning_rate, epochs, options);
  options.finish();
  return schedule;
}

}  // namespace sluice
