#include "sluice/layers/norm.h"

#include "sluice/autograd/normalize.h"
#include "sluice/base/error.h"
#include "sluice/layers/own_steps.h"

namespace sluice {

namespace {

void check(int input_size, double epsilon, const char* layer) {
  if (input_size < 1 || !(epsilon > 0))
    fail_config("layer.size", layer, "input_size and epsilon must be positive",
                "write for example epsilon: 1e-5");
}

void check_input(const Variable& x, int input_size, const char* layer) {
  if (x.shape().rank() < 1 || x.shape()[-1] != input_size)
    fail_config("layer.shape", layer,
                "an input of shape " + x.shape().to_string() + " does not end in " +
                    std::to_string(input_size) + " channels",
                "set input_size to its last axis");
}

}  // namespace

LayerNorm::LayerNorm(const LayerNormOptions& options) : options_(options) {
  check(options.input_size, options.epsilon, "layer_norm");
  if (!options.affine) return;
  weight_ = add_parameter("weight", Tensor::full({options.input_size}, 1));
  bias_ = add_parameter("bias", Tensor({options.input_size}));
}

Variable LayerNorm::forward(const Variable& x, const Padding& padding) {
  check_input(x, options_.input_size, "layer_norm");
  const Variable clean =
      padding.lengths.empty() ? x : OwnSteps(x.shape(), true, padding).without_padding(x);
  return layer_norm(clean, weight_, bias_, options_.epsilon);
}

BatchNorm1d::BatchNorm1d(const BatchNormOptions& options) : options_(options) {
  check(options.input_size, options.epsilon, "batch_norm1d");
  if (!(options.momentum >= 0 && options.momentum <= 1))
    fail_config("layer.size", "batch_norm1d.momentum", "the momentum must be from 0 to 1",
                "write what a batch counts, for example 0.1");
  if (options.affine) {
    weight_ = add_parameter("weight", Tensor::full({options.input_size}, 1));
    bias_ = add_parameter("bias", Tensor({options.input_size}));
  }
  mean_ = add_buffer("running_mean", Tensor({options.input_size}));
  variance_ = add_buffer("running_var", Tensor::full({options.input_size}, 1));
}

// running = (1 − momentum) running + momentum · factor · batch
void BatchNorm1d::follow(Variable& running, const Tensor& batch, double factor) const {
  dispatch(running.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = running.value().data<T>();
    for (int64_t c = 0; c < batch.numel(); ++c)
      to[c] = static_cast<T>((1 - options_.momentum) * to[c] +
                             options_.momentum * factor * batch.item(c));
  });
}

Variable BatchNorm1d::forward(const Variable& x, const Padding& padding) {
  check_input(x, options_.input_size, "batch_norm1d");
  BatchMoments moments;
  if (!padding.lengths.empty()) moments.real = OwnSteps(x.shape(), true, padding).marks();
  moments.epsilon = options_.epsilon;
  moments.of_x = training();
  if (!training()) {
    moments.values = {mean_.value().to(DType::f64), variance_.value().to(DType::f64), 0};
    return batch_norm(x, weight_, bias_, moments);
  }
  moments.values = channel_moments(x.value(), moments.real);
  const auto count = static_cast<double>(moments.values.count);
  if (count < 2)
    fail_config("layer.batch", "batch_norm1d", "a single row has no variance to train with",
                "use batches of two rows or more");
  follow(mean_, moments.values.mean, 1);
  follow(variance_, moments.values.variance, options_.unbiased ? count / (count - 1) : 1);
  return batch_norm(x, weight_, bias_, moments);
}

}  // namespace sluice
