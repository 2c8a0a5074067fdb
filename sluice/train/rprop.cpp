#include "sluice/train/rprop.h"

#include "sluice/base/error.h"
#include "sluice/train/rule_optimizer.h"

namespace sluice {

namespace {

class Rprop : public RuleOptimizer<RpropRule> {
 public:
  Rprop(std::vector<Variable> given, const RpropRule& rule, const WeightDecay& decay)
      : RuleOptimizer(std::move(given), rule, decay, {"gradient", "step_size"}) {}

 protected:
  void set_rates(RpropRule&, double learning_rate) override {
    if (steps_ > 0) return;
    for (size_t i = 0; i < parameters().size(); ++i) moment(1, i).fill(learning_rate);
  }
};

}  // namespace

std::unique_ptr<Optimizer> make_rprop(std::vector<Variable> parameters, const Options& options) {
  RpropRule rule;
  rule.shrink = read_share(options, "shrink", 0.5);
  rule.grow = options.get_double("grow", 1.2);
  rule.smallest = read_not_negative(options, "smallest", 1e-6);
  rule.largest = read_not_negative(options, "largest", 50);
  if (rule.grow <= 1)
    fail_config("config.range", "rprop.grow", "it must be above 1", "write for example grow: 1.2");
  if (rule.largest < rule.smallest)
    fail_config("config.range", "rprop.largest", "it must not be below `smallest`",
                "write for example largest: 50");
  return std::make_unique<Rprop>(std::move(parameters), rule, read_weight_decay(options));
}

}  // namespace sluice
