#include "sluice/layers/attention.h"

#include <algorithm>
#include <cmath>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/attention.h"
#include "sluice/autograd/matmul.h"
#include "sluice/autograd/softmax.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/own_steps.h"

namespace sluice {

AttentionMemory Attention::remember(const Variable& values, const Padding& padding) const {
  const Shape& shape = values.shape();
  if (shape.rank() != 3)
    fail_config("layer.shape", "attention",
                "a source of shape " + shape.to_string() + " is not [B,S,K]",
                "give all steps of the encoder (outputs: all)");
  AttentionMemory memory;
  const OwnSteps steps(shape, true, padding);
  for (int row = 0; row < steps.batch(); ++row) memory.lengths.push_back(steps.length(row));
  memory.values = steps.without_padding(values);
  memory.allowed = steps.marks();
  memory.keys = keys_of(memory.values);
  return memory;
}

Variable Attention::forward(const Variable& x, const Padding& padding) {
  const AttentionMemory memory = remember(x, padding);
  return attend(OwnSteps(x.shape(), true, padding).last(x), memory).context;
}

Variable context_of(const Variable& weights, const Variable& values) {
  const Shape& shape = values.shape();
  return reshape(matmul(reshape(weights, {shape[0], 1, shape[1]}), values), {shape[0], shape[2]});
}

Attended attended(const Variable& scores, const AttentionMemory& memory) {
  const Variable weights = softmax(scores, memory.allowed);
  return {context_of(weights, memory.values), weights};
}

AdditiveAttention::AdditiveAttention(const AdditiveAttentionOptions& o, Generator& generator) {
  if (std::min({o.query_size, o.key_size, o.attention_size}) < 1)
    fail_config("layer.size", "additive_attention", "a size is not positive",
                "set attention_size to 1 or more");
  const auto drawn = [&](const Shape& shape, int fan_in) {
    Tensor weight(shape);
    fill_uniform(weight, 1 / std::sqrt(static_cast<double>(fan_in)), generator);
    return weight;
  };
  query_weight_ =
      add_parameter("query_weight", drawn({o.attention_size, o.query_size}, o.query_size));
  key_weight_ = add_parameter("key_weight", drawn({o.attention_size, o.key_size}, o.key_size));
  v_ = add_parameter("v", drawn({o.attention_size}, o.attention_size));
}

Variable AdditiveAttention::keys_of(const Variable& values) const {
  return linear(values, key_weight_, {});
}

Attended AdditiveAttention::attend(const Variable& query, const AttentionMemory& memory,
                                   int) const {
  return attended(additive_scores(linear(query, query_weight_, {}), memory.keys, v_), memory);
}

}  // namespace sluice
