#include "sluice/train/optimizer.h"

#include <algorithm>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/tensor/chunk.h"

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
  // Zeros that a gradient still owes are written here, not by whichever thread looks first.
  for (const Variable& parameter : parameters_) parameter.grad();
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

}  // namespace sluice
