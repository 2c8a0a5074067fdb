// How gradients change parameters.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/base/registry.h"
#include "sluice/layers/module.h"

namespace sluice {

/// Updates the parameters it was made for, in place. Parameters without a gradient are left alone.
/// Nothing is allocated after the first step, and the bits do not depend on the threads.
class Optimizer {
 public:
  explicit Optimizer(std::vector<Variable> parameters);
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update with this learning rate from the gradients as they are.
  void step(double learning_rate);
  void zero_grad();

  const std::vector<Variable>& parameters() const { return parameters_; }
  int64_t steps() const { return steps_; }

  /// Moments and step count by name ("0.first_moment", …, "steps"); copies.
  NamedTensors state() const;
  /// Takes what state() gave; throws Error "train.optimizer_state" for anything else.
  void load_state(const NamedTensors& state);

 protected:
  /// Elements [begin, end) of one parameter; called from several threads for different ranges.
  struct Range {
    size_t parameter;
    int64_t begin, end;
  };
  virtual void prepare(double learning_rate) = 0;
  virtual void update(const Range& range) = 0;
  /// A zero-filled tensor for every parameter, saved and loaded under `name`.
  size_t add_moment(const std::string& name);
  Tensor& moment(size_t kind, size_t parameter) { return moments_[kind][parameter]; }
  size_t moment_kinds() const { return moments_.size(); }
  int64_t steps_ = 0;  ///< finished updates; within prepare() and update(), those before this one

 private:
  std::vector<Variable> parameters_;
  std::vector<Range> ranges_;
  int64_t elements_ = 0;  // of all parameters: few are updated by one thread
  std::vector<std::string> moment_names_;
  std::vector<std::vector<Tensor>> moments_;
};

using OptimizerFactory = std::unique_ptr<Optimizer> (*)(std::vector<Variable> parameters,
                                                        const Options& options);

/// sgd, rmsprop, adagrad, adadelta, adam, adamw, nadam, rprop.
std::span<const RegistryRow<OptimizerFactory>> optimizer_registry();
/// Throws Error "config.unknown_optimizer" or "config.unknown_key" with the nearest name.
std::unique_ptr<Optimizer> make_optimizer(const std::string& name, const Options& options,
                                          std::vector<Variable> parameters);

}  // namespace sluice
