#include "sluice/layers/self_attention.h"

#include "sluice/autograd/attention.h"
#include "sluice/autograd/matmul.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/own_steps.h"

namespace sluice {

namespace {

LinearOptions output_of(const SelfAttentionOptions& o) {
  if (o.embed_dim < 1 || o.num_heads < 1 || o.embed_dim % o.num_heads != 0)
    fail_config("layer.size", "self_attention.num_heads",
                std::to_string(o.num_heads) + " heads do not divide a step of " +
                    std::to_string(o.embed_dim) + " numbers",
                "choose a divisor");
  return {.input_size = o.embed_dim, .output_size = o.embed_dim, .bias = o.bias};
}

}  // namespace

SelfAttention::SelfAttention(const SelfAttentionOptions& options, Generator& generator)
    : options_(options), out_(output_of(options), generator) {
  const int64_t size = options.embed_dim;
  Tensor weight({3 * size, size});
  fill_glorot_uniform(weight, {size, 3 * size}, generator);
  weight_ = add_parameter("in_proj_weight", weight);
  if (options.bias) {
    bias_ = add_parameter("in_proj_bias", Tensor({3 * size}));
    out_.bias().value().fill(0);
  }
  add("out_proj", out_);
}

Variable SelfAttention::run(const Variable& x, const Padding& padding, Tensor* weights) {
  const Shape& shape = x.shape();
  const int64_t size = options_.embed_dim;
  if (shape.rank() != 3 || shape[2] != size)
    fail_config(
        "layer.shape", "self_attention",
        "an input of shape " + shape.to_string() + " is not [B,T," + std::to_string(size) + "]",
        "set embed_dim to its last axis");
  const OwnSteps steps(shape, true, padding);
  const AttentionMask mask{steps.marks(), options_.causal};
  const Variable all = linear(steps.without_padding(x), weight_, bias_);
  const Variable heads = scaled_dot_attention(all, options_.num_heads, mask, weights);
  return steps.without_padding(out_(heads));
}

Variable SelfAttention::forward(const Variable& x, const Padding& padding) {
  return run(x, padding, nullptr);
}

}  // namespace sluice
