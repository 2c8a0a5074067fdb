// The learning rate while training goes on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/base/registry.h"

namespace sluice {

/// Where an update stands: epochs and batches count from 0.
struct TrainTime {
  int epoch = 0;
  int64_t batch = 0, batches = 1;
};

class Schedule {
 public:
  virtual ~Schedule() = default;
  virtual double rate(const TrainTime& time) const = 0;
  /// The loss after an epoch: of the validation data, or of the training data where there are none.
  virtual void observe(double loss) { (void)loss; }
};

using ScheduleFactory = std::unique_ptr<Schedule> (*)(double learning_rate, int epochs,
                                                      const Options& options);

/// constant, step, exponential, cosine, one_cycle, plateau, table.
std::span<const RegistryRow<ScheduleFactory>> schedule_registry();
/// Throws Error "config.unknown_schedule", "config.unknown_key" or "train.schedule".
std::unique_ptr<Schedule> make_schedule(const std::string& name, double learning_rate, int epochs,
                                        const Options& options);

}  // namespace sluice
