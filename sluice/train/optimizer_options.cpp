#include "sluice/train/optimizer_options.h"

#include "sluice/base/error.h"

namespace sluice {

namespace {

[[noreturn]] void refuse(const Options& options, const std::string& key, const std::string& what,
                         const std::string& example) {
  fail_config("config.range", options.where().empty() ? key : options.where() + "." + key, what,
              "write for example " + key + ": " + example);
}

}  // namespace

WeightDecay read_weight_decay(const Options& options, bool decoupled, double usual) {
  WeightDecay decay;
  decay.rate = options.get_double("weight_decay", usual);
  decay.decoupled = options.get_choice("decay", decoupled ? "decoupled" : "l2",
                                       {"l2", "decoupled"}) == "decoupled";
  decay.biases = options.get_bool("decay_biases", true);
  if (decay.rate < 0) refuse(options, "weight_decay", "it must not be negative", "0.01");
  return decay;
}

bool read_keras(const Options& options) {
  return options.get_choice("convention", "pytorch", {"pytorch", "keras"}) == "keras";
}

double read_share(const Options& options, const std::string& key, double usual) {
  const double share = options.get_double(key, usual);
  if (share >= 0 && share < 1) return share;
  refuse(options, key, "it must be at least 0 and below 1", "0.9");
}

double read_not_negative(const Options& options, const std::string& key, double usual) {
  const double number = options.get_double(key, usual);
  if (number >= 0) return number;
  refuse(options, key, "it must not be negative", "1e-8");
}

}  // namespace sluice
