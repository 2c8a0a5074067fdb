#include "sluice/train/rmsprop.h"

#include "sluice/train/rule_optimizer.h"

namespace sluice {

namespace {

class Rmsprop : public RuleOptimizer<RmspropRule> {
  using RuleOptimizer::RuleOptimizer;

 protected:
  void set_rates(RmspropRule& rule, double learning_rate) override { rule.rate = learning_rate; }
};

}  // namespace

std::unique_ptr<Optimizer> make_rmsprop(std::vector<Variable> parameters, const Options& options) {
  RmspropRule rule;
  rule.keras = read_keras(options);
  rule.rho = read_share(options, "rho", rule.keras ? 0.9 : 0.99);
  rule.fresh = 1 - rule.rho;
  rule.epsilon = read_not_negative(options, "epsilon", rule.keras ? 1e-7 : 1e-8);
  rule.momentum = read_share(options, "momentum", 0);
  rule.centered = options.get_bool("centered", false);
  std::vector<std::string> moments = {"second_moment"};
  if (rule.centered) moments.push_back("first_moment");
  if (rule.momentum > 0) moments.push_back("velocity");
  return std::make_unique<Rmsprop>(std::move(parameters), rule, read_weight_decay(options),
                                   moments);
}

}  // namespace sluice
