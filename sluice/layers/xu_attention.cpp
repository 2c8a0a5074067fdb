#include "sluice/layers/xu_attention.h"

#include <algorithm>
#include <cmath>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/attention.h"
#include "sluice/autograd/matmul.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"
#include "sluice/autograd/repeat.h"
#include "sluice/autograd/softmax.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"

namespace sluice {

namespace {

// The first step whose cumulative weight is above u; rounding may leave u above them all.
int drawn_step(const Tensor& weights, int64_t row, double u) {
  const int64_t steps = weights.size(1);
  int last = 0;
  for (int64_t s = 0; s < steps; ++s) {
    const double weight = weights.item(row * steps + s);
    if (weight <= 0) continue;
    last = static_cast<int>(s);
    u -= weight;
    if (u < 0) break;
  }
  return last;
}

}  // namespace

XuAttention::XuAttention(const XuAttentionOptions& o, Generator& generator) : options_(o) {
  if (std::min({o.query_size, o.key_size, o.attention_size}) < 1)
    fail_config("layer.size", "xu_attention", "a size is not positive",
                "set attention_size to 1 or more");
  const auto add = [&](const char* name, const Shape& shape, int fan_in) {
    Tensor weight(shape);
    fill_uniform(weight, 1 / std::sqrt(static_cast<double>(fan_in)), generator);
    return add_parameter(name, weight);
  };
  query_weight_ = add("query_weight", {o.attention_size, o.query_size}, o.query_size);
  key_weight_ = add("key_weight", {o.attention_size, o.key_size}, o.key_size);
  bias_ = add_parameter("bias", Tensor({o.attention_size}));
  v_ = add("v", {o.attention_size}, o.attention_size);
  if (!o.gate) return;
  gate_weight_ = add("gate_weight", {1, o.query_size}, o.query_size);
  gate_bias_ = add_parameter("gate_bias", Tensor({1}));
}

Variable XuAttention::keys_of(const Variable& values) const {
  return linear(values, key_weight_, bias_);
}

Variable XuAttention::weights_of(const Variable& query, const AttentionMemory& memory) const {
  return softmax(additive_scores(linear(query, query_weight_, {}), memory.keys, v_),
                 memory.allowed);
}

Variable XuAttention::gated(const Variable& context, const Variable& query) const {
  if (!options_.gate) return context;
  const Variable gate = sigmoid(linear(query, gate_weight_, gate_bias_));
  return repeat(reshape(gate, {gate.shape()[0]}), 1, options_.key_size) * context;
}

Attended XuAttention::attend(const Variable& query, const AttentionMemory& memory, int) const {
  const Variable weights = weights_of(query, memory);
  return {gated(context_of(weights, memory.values), query), weights};
}

HardAttended XuAttention::attend_hard(const Variable& query, const AttentionMemory& memory,
                                      Generator& generator, double expectation) const {
  HardAttended result;
  result.weights = weights_of(query, memory);
  const int64_t batch = result.weights.shape()[0], steps = result.weights.shape()[1];
  Tensor choice(result.weights.shape(), result.weights.dtype()), soft({batch}, choice.dtype());
  std::vector<double> draws(2 * static_cast<size_t>(batch));
  generator.uniform(draws);
  dispatch(choice.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t row = 0; row < batch; ++row) {
      const bool expected = draws[2 * row] < expectation;
      const int step = expected ? -1 : drawn_step(result.weights.value(), row, draws[2 * row + 1]);
      result.chosen.push_back(step);
      if (expected)
        soft.data<T>()[row] = 1;
      else
        choice.data<T>()[row * steps + step] = 1;
    }
  });
  const Variable expected = repeat(Variable(soft), 1, steps);
  const Variable looked = choice + expected * result.weights;
  result.context = gated(context_of(looked, memory.values), query);
  // An expectation counts as a choice of probability 1.
  result.log_probability = log(sum(choice * result.weights, 1) + Variable(soft));
  const double tiny = choice.dtype() == DType::f32 ? 1e-30 : 1e-300;  // 0 log 0 is 0
  result.entropy = -sum(result.weights * log(result.weights + tiny), 1);
  return result;
}

Variable doubly_stochastic_penalty(const Variable& weights, double strength,
                                   const AttentionMemory& memory) {
  const Shape& shape = weights.shape();
  if (shape.rank() != 3)
    fail_config("layer.shape", "doubly_stochastic_penalty",
                "weights of shape " + shape.to_string() + " are not [B,T,S]",
                "join the weights of all steps along a second axis");
  Variable missing = 1.0 - sum(weights, 1);
  if (memory.allowed.defined()) missing = missing * Variable(memory.allowed.to(weights.dtype()));
  return sum(square(missing)) * (strength / static_cast<double>(shape[0]));
}

Variable HardAttentionLoss::operator()(const Variable& log_likelihood,
                                       const Variable& log_probability, const Variable& entropy) {
  const Variable advantage = log_likelihood.detach() - baseline_;
  const Variable reward =
      log_likelihood + choice_weight_ * (advantage * log_probability) + entropy_weight_ * entropy;
  baseline_ = 0.9 * baseline_ + 0.1 * mean(log_likelihood.detach()).value().item();
  return -mean(reward);
}

}  // namespace sluice
