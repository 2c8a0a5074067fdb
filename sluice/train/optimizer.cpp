#include "sluice/train/optimizer.h"

#include <algorithm>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/tensor/chunk.h"
#include "sluice/train/adam.h"
#include "sluice/train/sgd.h"

namespace sluice {

Optimizer::Optimizer(std::vector<Variable> parameters) : parameters_(std::move(parameters)) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const int64_t count = parameters_[i].value().numel();
    elements_ += count;
    for (int64_t begin = 0; begin < count; begin += chunk_size)
      ranges_.push_back({i, begin, std::min(begin + chunk_size, count)});
  }
}

size_t Optimizer::add_moment(const std::string& name) {
  std::vector<Tensor> moments;
  for (const Variable& parameter : parameters_)
    moments.emplace_back(parameter.shape(), parameter.dtype());
  moment_names_.push_back(name);
  moments_.push_back(std::move(moments));
  return moments_.size() - 1;
}

void Optimizer::step(double learning_rate) {
  prepare(learning_rate);
  const auto one = [this](int64_t i) {
    const Range& range = ranges_[static_cast<size_t>(i)];
    if (parameters_[range.parameter].grad().defined()) update(range);
  };
  const auto count = static_cast<int64_t>(ranges_.size());
  if (elements_ < least_parallel)
    for (int64_t i = 0; i < count; ++i) one(i);
  else
    parallel_for(count, one);
  ++steps_;
}

void Optimizer::zero_grad() {
  for (const Variable& parameter : parameters_) parameter.zero_grad();
}

NamedTensors Optimizer::state() const {
  NamedTensors state;
  state.emplace_back("steps", Tensor::full({1}, static_cast<double>(steps_), DType::f64));
  for (size_t kind = 0; kind < moments_.size(); ++kind)
    for (size_t i = 0; i < parameters_.size(); ++i)
      state.emplace_back(std::to_string(i) + "." + moment_names_[kind], moments_[kind][i].clone());
  return state;
}

void Optimizer::load_state(const NamedTensors& state) {
  const auto find = [&](const std::string& name, const Tensor& like) -> const Tensor& {
    for (const auto& [known, tensor] : state)
      if (known == name && tensor.shape() == like.shape() && tensor.dtype() == like.dtype())
        return tensor;
    fail_config("train.optimizer_state", name,
                "the saved optimizer has no such tensor of shape " + like.shape().to_string(),
                "go on with the model, optimizer and instruction set that it was saved with");
  };
  const double steps = find("steps", Tensor({1}, DType::f64)).item();
  for (size_t kind = 0; kind < moments_.size(); ++kind)
    for (size_t i = 0; i < parameters_.size(); ++i) {
      Tensor& moment = moments_[kind][i];
      moment.copy_from(find(std::to_string(i) + "." + moment_names_[kind], moment));
    }
  steps_ = static_cast<int64_t>(steps);
}

namespace {

// How the pull towards 0 is given, the same for every optimizer.
std::vector<OptionDoc> with_decay(std::vector<OptionDoc> options, const std::string& decay) {
  options.push_back(
      {"weight_decay", decay == "decoupled" ? "0.01" : "0", "pull of the parameters towards 0"});
  options.push_back({"decay", decay,
                     "l2: added to the gradient; decoupled: parameters shrink by "
                     "learning_rate · weight_decay"});
  options.push_back({"decay_biases", "true", "whether parameters of one axis are pulled too"});
  return options;
}

}  // namespace

std::span<const RegistryRow<OptimizerFactory>> optimizer_registry() {
  static const std::vector<OptionDoc> adam_options = {
      {"beta1", "0.9", "memory of the gradient's mean"},
      {"beta2", "0.999", "memory of its square"},
      {"epsilon", "1e-8 (keras: 1e-7)", "keeps the step finite"},
      {"convention", "pytorch", "pytorch or keras: where epsilon is added"}};
  static const std::vector<RegistryRow<OptimizerFactory>> rows = {
      {"sgd", "gradient descent, with momentum if wanted",
       with_decay({{"momentum", "0", "share of the last step that is kept"},
                   {"dampening", "0", "share of the gradient that momentum leaves out"},
                   {"nesterov", "false", "look ahead along the momentum"},
                   {"convention", "pytorch",
                    "pytorch or keras: whether momentum holds the gradient or the step"}},
                  "l2"),
       make_sgd},
      {"adam", "steps scaled by running means of the gradient and its square",
       with_decay(adam_options, "l2"), make_adam},
      {"adamw", "adam with decoupled weight decay", with_decay(adam_options, "decoupled"),
       make_adamw},
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
