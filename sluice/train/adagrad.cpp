#include "sluice/train/adagrad.h"

#include "sluice/train/rule_optimizer.h"

namespace sluice {

namespace {

class Adagrad : public RuleOptimizer<AdagradRule> {
 public:
  Adagrad(std::vector<Variable> given, const AdagradRule& rule, const WeightDecay& decay,
          double initial, double rate_decay)
      : RuleOptimizer(std::move(given), rule, decay, {"sum_of_squares"}), rate_decay_(rate_decay) {
    for (size_t i = 0; i < parameters().size(); ++i) moment(0, i).fill(initial);
  }

 protected:
  void set_rates(AdagradRule& rule, double learning_rate) override {
    rule.rate = learning_rate / (1 + static_cast<double>(steps_) * rate_decay_);
  }

 private:
  double rate_decay_;
};

class Adadelta : public RuleOptimizer<AdadeltaRule> {
  using RuleOptimizer::RuleOptimizer;

 protected:
  void set_rates(AdadeltaRule& rule, double learning_rate) override { rule.rate = learning_rate; }
};

}  // namespace

std::unique_ptr<Optimizer> make_adagrad(std::vector<Variable> parameters, const Options& options) {
  AdagradRule rule;
  rule.keras = read_keras(options);
  rule.epsilon = read_not_negative(options, "epsilon", rule.keras ? 1e-7 : 1e-10);
  const double initial = read_not_negative(options, "initial_accumulator", rule.keras ? 0.1 : 0.0);
  const double rate_decay = read_not_negative(options, "learning_rate_decay", 0);
  return std::make_unique<Adagrad>(std::move(parameters), rule, read_weight_decay(options), initial,
                                   rate_decay);
}

std::unique_ptr<Optimizer> make_adadelta(std::vector<Variable> parameters, const Options& options) {
  const bool keras = read_keras(options);
  AdadeltaRule rule;
  rule.rho = read_share(options, "rho", keras ? 0.95 : 0.9);
  rule.fresh = 1 - rule.rho;
  rule.epsilon = read_not_negative(options, "epsilon", keras ? 1e-7 : 1e-6);
  return std::make_unique<Adadelta>(std::move(parameters), rule, read_weight_decay(options),
                                    std::vector<std::string>{"second_moment", "step_moment"});
}

}  // namespace sluice
