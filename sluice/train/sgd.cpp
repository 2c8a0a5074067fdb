#include "sluice/train/sgd.h"

#include "sluice/base/error.h"
#include "sluice/train/rule_optimizer.h"

namespace sluice {

namespace {

class Sgd : public RuleOptimizer<SgdRule> {
 public:
  Sgd(std::vector<Variable> parameters, const SgdRule& rule, const WeightDecay& decay,
      double dampening)
      : RuleOptimizer(
            std::move(parameters), rule, decay,
            rule.momentum > 0 ? std::vector<std::string>{"velocity"} : std::vector<std::string>{}),
        dampening_(dampening) {}

 protected:
  void set_rates(SgdRule& rule, double learning_rate) override {
    rule.rate = learning_rate;
    // PyTorch's velocity begins as the first gradient, whatever the dampening.
    rule.fresh = steps_ == 0 ? 1 : 1 - dampening_;
  }

 private:
  double dampening_;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(std::vector<Variable> parameters, const Options& options) {
  SgdRule rule;
  rule.momentum = read_share(options, "momentum", 0);
  const double dampening = options.get_double("dampening", 0);
  rule.nesterov = options.get_bool("nesterov", false);
  rule.keras = read_keras(options);
  const WeightDecay decay = read_weight_decay(options);
  if (rule.nesterov && (rule.momentum == 0 || dampening != 0))
    fail_config("config.range", "sgd.nesterov", "it needs momentum, and no dampening",
                "write for example momentum: 0.9");
  return std::make_unique<Sgd>(std::move(parameters), rule, decay, dampening);
}

}  // namespace sluice
