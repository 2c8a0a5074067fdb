// The table of optimizers and their options.
#include "sluice/train/adagrad.h"
#include "sluice/train/adam.h"
#include "sluice/train/optimizer.h"
#include "sluice/train/rmsprop.h"
#include "sluice/train/rprop.h"
#include "sluice/train/sgd.h"

namespace sluice {

namespace {

using Docs = std::vector<OptionDoc>;

Docs with(Docs options, const Docs& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

// How the pull towards 0 is given, the same for every optimizer that has one.
Docs with_decay(const Docs& options, const std::string& decay = "l2",
                const std::string& rate = "0") {
  return with(options, {{"weight_decay", rate, "pull of the parameters towards 0"},
                        {"decay", decay,
                         "l2: added to the gradient; decoupled: parameters shrink by "
                         "learning_rate · weight_decay"},
                        {"decay_biases", "true", "whether parameters of one axis are pulled too"}});
}

OptionDoc convention(const std::string& difference) {
  return {"convention", "pytorch", "pytorch or keras: " + difference};
}

OptionDoc epsilon(const std::string& initial) {
  return {"epsilon", initial, "keeps the step finite"};
}

Docs adam_options() {
  return {{"beta1", "0.9", "memory of the gradient's mean"},
          {"beta2", "0.999", "memory of its square"},
          epsilon("1e-8 (keras: 1e-7)")};
}

Docs plain_adam_options() {
  return with(adam_options(), {{"amsgrad", "false", "the largest mean square so far, as AMSGrad"},
                               convention("whether epsilon is added to the corrected root")});
}

Docs sgd_options() {
  return {{"momentum", "0", "share of the last step that is kept"},
          {"dampening", "0", "share of the gradient that momentum leaves out"},
          {"nesterov", "false", "look ahead along the momentum"},
          convention("whether momentum holds the gradient or the step")};
}

Docs rmsprop_options() {
  return {{"rho", "0.99 (keras: 0.9)", "memory of the gradient's square"},
          {"momentum", "0", "share of the last step that is kept"},
          {"centered", "false", "divide by the deviation, not by the root of the square"},
          epsilon("1e-8 (keras: 1e-7)"),
          convention("epsilon outside or inside the root")};
}

Docs adagrad_options() {
  return {{"initial_accumulator", "0 (keras: 0.1)", "what the sum of squares begins with"},
          {"learning_rate_decay", "0", "the rate is divided by 1 + updates · this"},
          epsilon("1e-10 (keras: 1e-7)"),
          convention("epsilon outside or inside the root")};
}

Docs adadelta_options() {
  return {{"rho", "0.9 (keras: 0.95)", "memory of the squares"},
          epsilon("1e-6 (keras: 1e-7)"),
          convention("the defaults alone")};
}

Docs nadam_options() {
  return with(adam_options(),
              {{"momentum_decay", "0.004 (keras: 1)", "how fast the momentum warms up"},
               convention("the defaults alone")});
}

Docs rprop_options() {
  return {{"shrink", "0.5", "factor of a step whose gradient turned"},
          {"grow", "1.2", "factor of a step whose gradient kept its sign"},
          {"smallest", "1e-6", "step"},
          {"largest", "50", "step"}};
}

}  // namespace

std::span<const RegistryRow<OptimizerFactory>> optimizer_registry() {
  static const std::vector<RegistryRow<OptimizerFactory>> rows = {
      {"sgd", "gradient descent, with momentum if wanted", with_decay(sgd_options()), make_sgd},
      {"rmsprop", "steps divided by the root of a running mean of the squared gradient",
       with_decay(rmsprop_options()), make_rmsprop},
      {"adagrad", "steps divided by the root of the sum of the squared gradients so far",
       with_decay(adagrad_options()), make_adagrad},
      {"adadelta",
       "steps as large as those before, without a scale of their own: learning_rate 1 as published",
       with_decay(adadelta_options()), make_adadelta},
      {"adam", "steps scaled by running means of the gradient and its square",
       with_decay(plain_adam_options()), make_adam},
      {"adamw", "adam with decoupled weight decay",
       with_decay(plain_adam_options(), "decoupled", "0.01 (keras: 0.004)"), make_adamw},
      {"nadam", "adam with Nesterov's momentum", with_decay(nadam_options()), make_nadam},
      {"rprop", "steps by the gradient's sign, for batch_size: all; they begin at learning_rate",
       with_decay(rprop_options()), make_rprop},
  };
  return rows;
}

std::unique_ptr<Optimizer> make_optimizer(const std::string& name, const Options& options,
                                          std::vector<Variable> parameters) {
  const auto& row = find_row(optimizer_registry(), name, "optimizer");
  std::unique_ptr<Optimizer> optimizer = row.make(std::move(parameters), options);
  options.finish();
  return optimizer;
}

}  // namespace sluice
