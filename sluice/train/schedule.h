// The learning rate as a function of the epoch.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/base/registry.h"

namespace sluice {

/// Learning rate of an epoch, counted from 0.
using Schedule = std::function<double(int epoch)>;
using ScheduleFactory = Schedule (*)(double learning_rate, int epochs, const Options& options);

/// constant, step, exponential, cosine, table.
std::span<const RegistryRow<ScheduleFactory>> schedule_registry();
/// Throws Error "config.unknown_schedule", "config.unknown_key" or "train.schedule".
Schedule make_schedule(const std::string& name, double learning_rate, int epochs,
                       const Options& options);
/// {{0, 1e-3}, {10, 5e-4}}: each rate holds from its epoch on. The first epoch must be 0.
Schedule table_schedule(std::vector<std::pair<int, double>> rates);

}  // namespace sluice
