#include "sluice/layers/luong_attention.h"

#include <algorithm>
#include <cmath>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/attention.h"
#include "sluice/autograd/matmul.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/repeat.h"
#include "sluice/autograd/softmax.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"

namespace sluice {

namespace {

LuongAttentionOptions checked(LuongAttentionOptions o) {
  if (o.attention_size == 0) o.attention_size = o.query_size;
  if (std::min({o.query_size, o.key_size, o.attention_size, o.half_width}) < 1)
    fail_config("layer.size", "luong_attention", "a size is not positive",
                "set the sizes and half_width to 1 or more");
  if (o.score == LuongScore::dot && o.query_size != o.key_size)
    fail_config("layer.size", "luong_attention.score",
                "dot needs queries and values of one size, not " + std::to_string(o.query_size) +
                    " and " + std::to_string(o.key_size),
                "use general or concat");
  return o;
}

// The allowed steps that lie within `half_width` of each row's centre.
Tensor window(const AttentionMemory& memory, const std::vector<double>& centres, int half_width) {
  const int64_t batch = memory.values.shape()[0], steps = memory.values.shape()[1];
  Tensor allowed({batch, steps});
  for (int64_t row = 0; row < batch; ++row)
    for (int64_t s = 0; s < steps; ++s) {
      const bool real = !memory.allowed.defined() || memory.allowed.item(row * steps + s) != 0;
      const bool near = std::abs(static_cast<double>(s) - centres[row]) <= half_width;
      allowed.data<float>()[row * steps + s] = real && near ? 1.0f : 0.0f;
    }
  return allowed;
}

// exp(−(s − centre)² / (2 σ²)) for every step, [B,S].
Variable bell(const Variable& centre, int64_t steps, double sigma) {
  Tensor places({steps}, centre.dtype());
  dispatch(places.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t s = 0; s < steps; ++s) places.data<T>()[s] = static_cast<T>(s);
  });
  const Variable distance = repeat(reshape(centre, {centre.shape()[0]}), 1, steps) - places;
  return exp(square(distance) * (-1 / (2 * sigma * sigma)));
}

}  // namespace

LuongAttention::LuongAttention(const LuongAttentionOptions& options, Generator& generator)
    : options_(checked(options)) {
  const auto add = [&](const char* name, const Shape& shape, int64_t fan_in) {
    Tensor weight(shape);
    fill_uniform(weight, 1 / std::sqrt(static_cast<double>(fan_in)), generator);
    return add_parameter(name, weight);
  };
  const int64_t queries = options_.query_size, keys = options_.key_size;
  const int64_t size = options_.attention_size;
  if (options_.score == LuongScore::general) weight_ = add("weight", {queries, keys}, keys);
  if (options_.score == LuongScore::concat) {
    query_weight_ = add("query_weight", {size, queries}, queries + keys);
    key_weight_ = add("key_weight", {size, keys}, queries + keys);
    v_ = add("v", {size}, size);
  }
  if (options_.window == LuongWindow::predictive) {
    position_weight_ = add("position_weight", {size, queries}, queries);
    position_v_ = add("position_v", {size}, size);
  }
}

Variable LuongAttention::keys_of(const Variable& values) const {
  if (options_.score == LuongScore::dot) return values;
  return linear(values, options_.score == LuongScore::general ? weight_ : key_weight_, {});
}

Variable LuongAttention::scores(const Variable& query, const Variable& keys) const {
  if (options_.score == LuongScore::concat)
    return additive_scores(linear(query, query_weight_, {}), keys, v_);
  const Shape& shape = keys.shape();
  return reshape(matmul(keys, reshape(query, {shape[0], shape[2], 1})), {shape[0], shape[1]});
}

// [B,1]
Variable LuongAttention::predicted_centre(const Variable& query,
                                          const std::vector<int>& lengths) const {
  Tensor steps({static_cast<int64_t>(lengths.size()), 1}, query.dtype());
  dispatch(steps.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (size_t row = 0; row < lengths.size(); ++row)
      steps.data<T>()[row] = static_cast<T>(lengths[row]);
  });
  const Variable v = reshape(position_v_, {1, options_.attention_size});
  return steps * sigmoid(linear(tanh(linear(query, position_weight_, {})), v, {}));
}

Attended LuongAttention::attend(const Variable& query, const AttentionMemory& memory,
                                int step) const {
  const Variable score = scores(query, memory.keys);
  if (options_.window == LuongWindow::global) return attended(score, memory);
  std::vector<double> centres(memory.lengths.size(), step);
  Variable centre;
  if (options_.window == LuongWindow::predictive) {
    centre = predicted_centre(query, memory.lengths);
    for (size_t row = 0; row < centres.size(); ++row)
      centres[row] = centre.value().item(static_cast<int64_t>(row));
  }
  Variable weights = softmax(score, window(memory, centres, options_.half_width));
  if (centre.defined())
    weights = weights * bell(centre, weights.shape()[1], options_.half_width / 2.0);
  return {context_of(weights, memory.values), weights};
}

}  // namespace sluice
