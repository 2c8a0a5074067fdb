#include "sluice/train/weight_decay.h"

#include "sluice/base/error.h"

namespace sluice {

WeightDecay read_weight_decay(const Options& options, bool decoupled) {
  WeightDecay decay;
  decay.rate = options.get_double("weight_decay", decoupled ? 0.01 : 0.0);
  decay.decoupled = options.get_choice("decay", decoupled ? "decoupled" : "l2",
                                       {"l2", "decoupled"}) == "decoupled";
  decay.biases = options.get_bool("decay_biases", true);
  if (decay.rate < 0)
    fail_config("config.range", options.where() + ".weight_decay", "it must not be negative",
                "write for example weight_decay: 0.01");
  return decay;
}

double read_share(const Options& options, const std::string& key, double fallback) {
  const double share = options.get_double(key, fallback);
  if (share >= 0 && share < 1) return share;
  fail_config("config.range", options.where().empty() ? key : options.where() + "." + key,
              "it must be at least 0 and below 1", "write for example " + key + ": 0.9");
}

}  // namespace sluice
