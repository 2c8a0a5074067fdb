#include "sluice/train/adam.h"

#include <cmath>

#include "sluice/train/rule_optimizer.h"

namespace sluice {

namespace {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  bool keras = false, amsgrad = false;
  double momentum_decay = 0;
  WeightDecay decay;
};

AdamRule rule_of(const AdamOptions& options) {
  AdamRule rule;
  rule.fresh1 = 1 - options.beta1;
  rule.beta2 = options.beta2;
  rule.fresh2 = 1 - options.beta2;
  rule.epsilon = options.epsilon;
  return rule;
}

class AdamFamily : public RuleOptimizer<AdamRule> {
 public:
  AdamFamily(std::vector<Variable> parameters, const AdamOptions& options)
      : RuleOptimizer(std::move(parameters), rule_of(options), options.decay, moments(options)),
        options_(options) {}

 protected:
  /// The root of the second moment's correction at step t, from 1.
  double root_of(double t) const { return std::sqrt(1 - std::pow(options_.beta2, t)); }
  AdamOptions options_;

 private:
  static std::vector<std::string> moments(const AdamOptions& options) {
    std::vector<std::string> names = {"first_moment", "second_moment"};
    if (options.amsgrad) names.push_back("largest_second_moment");
    return names;
  }
};

class Adam : public AdamFamily {
  using AdamFamily::AdamFamily;

 protected:
  // PyTorch divides both moments by their corrections; Keras puts them into the rate, so that its
  // epsilon acts on the uncorrected root.
  void set_rates(AdamRule& rule, double learning_rate) override {
    const double t = static_cast<double>(steps_ + 1);
    const double correction1 = 1 - std::pow(options_.beta1, t);
    rule.rate = learning_rate / correction1 * (options_.keras ? root_of(t) : 1);
    rule.root_scale = options_.keras ? 1 : 1 / root_of(t);
  }
};

class Nadam : public AdamFamily {
  using AdamFamily::AdamFamily;

 protected:
  void set_rates(AdamRule& rule, double learning_rate) override {
    // Multiplied up one after another, so that a loaded state gives the same bits.
    if (product_steps_ > steps_) product_ = 1, product_steps_ = 0;
    while (product_steps_ <= steps_) product_ *= momentum_of(++product_steps_);
    const int64_t t = steps_ + 1;
    const double momentum = momentum_of(t), next = momentum_of(t + 1);
    rule.rate = learning_rate * next / (1 - product_ * next);
    rule.gradient_rate = learning_rate * (1 - momentum) / (1 - product_);
    rule.root_scale = 1 / root_of(static_cast<double>(t));
  }

 private:
  double momentum_of(int64_t t) const {
    const double warm = std::pow(0.96, static_cast<double>(t) * options_.momentum_decay);
    return options_.beta1 * (1 - 0.5 * warm);
  }

  double product_ = 1;  // of the momenta of steps 1 … product_steps_
  int64_t product_steps_ = 0;
};

AdamOptions read_adam(const Options& options, bool decoupled) {
  AdamOptions adam;
  adam.keras = read_keras(options);
  adam.beta1 = read_share(options, "beta1", 0.9);
  adam.beta2 = read_share(options, "beta2", 0.999);
  adam.epsilon = read_not_negative(options, "epsilon", adam.keras ? 1e-7 : 1e-8);
  const double usual_decay = adam.keras ? 0.004 : 0.01;
  adam.decay = read_weight_decay(options, decoupled, decoupled ? usual_decay : 0);
  return adam;
}

std::unique_ptr<Optimizer> make(std::vector<Variable> parameters, const Options& options,
                                bool decoupled) {
  AdamOptions adam = read_adam(options, decoupled);
  adam.amsgrad = options.get_bool("amsgrad", false);
  return std::make_unique<Adam>(std::move(parameters), adam);
}

}  // namespace

std::unique_ptr<Optimizer> make_adam(std::vector<Variable> parameters, const Options& options) {
  return make(std::move(parameters), options, false);
}

std::unique_ptr<Optimizer> make_adamw(std::vector<Variable> parameters, const Options& options) {
  return make(std::move(parameters), options, true);
}

std::unique_ptr<Optimizer> make_nadam(std::vector<Variable> parameters, const Options& options) {
  AdamOptions adam = read_adam(options, false);
  adam.momentum_decay = read_not_negative(options, "momentum_decay", adam.keras ? 1 : 0.004);
  return std::make_unique<Nadam>(std::move(parameters), adam);
}

}  // namespace sluice
