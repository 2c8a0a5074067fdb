// What every optimizer has in common whose update treats each number alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/train/optimizer.h"
#include "sluice/train/optimizer_options.h"
#include "sluice/train/update.h"

namespace sluice {

/// Runs a rule of update.h over the parameters; `moments` names what the rule remembers, in its
/// order.
template <class Rule>
class RuleOptimizer : public Optimizer {
 public:
  RuleOptimizer(std::vector<Variable> parameters, const Rule& rule, const WeightDecay& decay,
                const std::vector<std::string>& moments)
      : Optimizer(std::move(parameters)), rule_(rule), decay_(decay) {
    for (const std::string& name : moments) add_moment(name);
  }

 protected:
  /// Sets what in the rule depends on the learning rate or on steps_, those before this update.
  virtual void set_rates(Rule& rule, double learning_rate) = 0;

 private:
  void prepare(double learning_rate) final {
    learning_rate_ = learning_rate;
    set_rates(rule_, learning_rate);
  }

  void update(const Range& range) final {
    dispatch(parameters()[range.parameter].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const Variable& parameter = parameters()[range.parameter];
      UpdateRun<T> run = {parameter.grad().template data<T>() + range.begin,
                          Variable(parameter).value().template data<T>() + range.begin,
                          {},
                          range.end - range.begin,
                          decay_.in_gradient(parameter),
                          decay_.shrinkage(parameter, learning_rate_)};
      for (size_t kind = 0; kind < moment_kinds(); ++kind)
        run.moments[kind] = moment(kind, range.parameter).template data<T>() + range.begin;
      apply_update(rule_, run);
    });
  }

  Rule rule_;
  WeightDecay decay_;
  double learning_rate_ = 0;
};

}  // namespace sluice
