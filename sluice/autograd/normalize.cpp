#include "sluice/autograd/normalize.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

void check(const Variable& x, const Variable& weight, const Variable& bias) {
  const int64_t channels = x.shape().rank() > 0 ? x.shape()[-1] : 0;
  bool fits = channels > 0 && weight.defined() == bias.defined();
  for (const Variable& each : {weight, bias})
    fits = fits &&
           (!each.defined() || (each.value().numel() == channels && each.dtype() == x.dtype()));
  if (!fits)
    fail_config(
        "autograd.normalize", "normalize",
        "an input of shape " + x.shape().to_string() + " does not fit the weight and the bias",
        "both have the size and the type of the input's last axis");
}

// Calls body(row) for every row of x [..,C], by threads where it is worth it.
template <class Body>
void for_rows(const Tensor& x, const Body& body) {
  for_pieces(x.numel() / x.size(-1), x.numel() >= least_parallel, body);
}

// Where the mean lies and how wide numbers spread, of each row or of each channel.
struct Scale {
  const double* mean;
  const double* inverse;  // 1 / √(variance + epsilon)
};

template <class T>
T normal(T x, const Scale& scale, int64_t i) {
  return static_cast<T>((static_cast<double>(x) - scale.mean[i]) * scale.inverse[i]);
}

// grad · normalised x, whose sums over the rows are the gradient of the weight.
template <class T, class Which>
Tensor weight_products(const Tensor& x, const Tensor& grad, const Scale& scale,
                       const Which& which) {
  Tensor products = Tensor::uninitialized(x.shape(), x.dtype());
  const T *from = x.data<T>(), *g = grad.data<T>();
  T* const to = products.data<T>();
  const int64_t channels = x.size(-1);
  for_rows(x, [=](int64_t row) {
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t i = row * channels + c;
      to[i] = g[i] * normal(from[i], scale, which(row, c));
    }
  });
  return products;
}

class LayerNormNode : public Node {
 public:
  LayerNormNode(const Variable& x, const Variable& weight, const Variable& bias, Tensor moments)
      : Node({x, weight, bias}),
        x_(x.value()),
        weight_(weight.defined() ? weight.value() : Tensor()),
        moments_(std::move(moments)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(x_.dtype(), [&](auto zero) { send<decltype(zero)>(grads[0]); });
    if (input(2).requires_grad()) add_row_sums(input(2).grad_buffer(), grads[0]);
  }

 private:
  Scale scale() const {
    return {moments_.data<double>(), moments_.data<double>() + moments_.numel() / 2};
  }

  template <class T>
  void send(const Tensor& grad) {
    if (input(1).requires_grad())
      add_row_sums(input(1).grad_buffer(),
                   weight_products<T>(x_, grad, scale(), [](int64_t row, int64_t) { return row; }));
    if (!input(0).requires_grad()) return;
    Tensor dx = Tensor::uninitialized(x_.shape(), x_.dtype());
    const T *x = x_.data<T>(), *g = grad.data<T>();
    const T* const weight = weight_.defined() ? weight_.data<T>() : nullptr;
    T* const to = dx.data<T>();
    const int64_t channels = x_.size(-1);
    for_rows(x_, [=, scale = scale()](int64_t row) {
      const int64_t at = row * channels;
      const auto slope = [=](int64_t c) { return weight ? g[at + c] * weight[c] : g[at + c]; };
      const double count = static_cast<double>(channels);
      const double mean =
          sum_lanes(0, channels, [=](int64_t c) { return static_cast<double>(slope(c)); }) / count;
      const double along =
          sum_lanes(0, channels,
                    [=](int64_t c) {
                      return static_cast<double>(slope(c)) * normal(x[at + c], scale, row);
                    }) /
          count;
      for (int64_t c = 0; c < channels; ++c)
        to[at + c] = static_cast<T>(scale.inverse[row] *
                                    (slope(c) - mean - normal(x[at + c], scale, row) * along));
    });
    input(0).accumulate_grad(dx);
  }

  Tensor x_, weight_, moments_;
};

// For each channel the sum of value(row, c) over the rows that count, in double, in order; threads
// share the channels.
template <class Value>
Tensor channel_sums(const Tensor& x, const Tensor& real, const Value& value) {
  const int64_t channels = x.size(-1), rows = x.numel() / channels;
  Tensor sums({channels}, DType::f64);
  double* const to = sums.data<double>();
  const float* const counts = real.defined() ? real.data<float>() : nullptr;
  constexpr int64_t strip = 64;
  const auto one = [=](int64_t s) {
    const int64_t first = s * strip, last = std::min(channels, first + strip);
    for (int64_t row = 0; row < rows; ++row) {
      if (counts && counts[row] == 0) continue;
      for (int64_t c = first; c < last; ++c) to[c] += value(row, c);
    }
  };
  for_pieces((channels + strip - 1) / strip, x.numel() >= least_parallel, one);
  return sums;
}

Tensor inverse_deviation(const Tensor& variance, double epsilon) {
  Tensor inverse = variance.clone();
  for (double& v : inverse.values<double>()) v = 1 / std::sqrt(v + epsilon);
  return inverse;
}

class BatchNormNode : public Node {
 public:
  BatchNormNode(const Variable& x, const Variable& weight, const Variable& bias,
                const BatchMoments& moments)
      : Node({x, weight, bias}),
        x_(x.value()),
        weight_(weight.defined() ? weight.value() : Tensor()),
        moments_(moments),
        inverse_(inverse_deviation(moments.values.variance, moments.epsilon)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(x_.dtype(), [&](auto zero) { send<decltype(zero)>(grads[0]); });
  }

 private:
  template <class T>
  void send(const Tensor& grad) {
    const int64_t channels = x_.size(-1);
    const T *x = x_.data<T>(), *g = grad.data<T>();
    const Scale scale{moments_.values.mean.data<double>(), inverse_.data<double>()};
    const Tensor sums = channel_sums(x_, moments_.real, [=](int64_t row, int64_t c) {
      return static_cast<double>(g[row * channels + c]);
    });
    const Tensor along = channel_sums(x_, moments_.real, [=](int64_t row, int64_t c) {
      const int64_t i = row * channels + c;
      return static_cast<double>(g[i]) * normal(x[i], scale, c);
    });
    if (input(1).requires_grad()) input(1).accumulate_grad(along.to(x_.dtype()));
    if (input(2).requires_grad()) input(2).accumulate_grad(sums.to(x_.dtype()));
    if (!input(0).requires_grad()) return;
    Tensor dx(x_.shape(), x_.dtype());
    const T* const weight = weight_.defined() ? weight_.data<T>() : nullptr;
    const float* const counts = moments_.real.defined() ? moments_.real.data<float>() : nullptr;
    const double share = moments_.of_x ? 1 / static_cast<double>(moments_.values.count) : 0;
    const double *total = sums.data<double>(), *slope = along.data<double>();
    T* const to = dx.data<T>();
    for_rows(x_, [=](int64_t row) {
      if (counts && counts[row] == 0) return;
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t i = row * channels + c;
        const double through = (total[c] + normal(x[i], scale, c) * slope[c]) * share;
        to[i] = static_cast<T>((weight ? weight[c] : 1.0) * scale.inverse[c] * (g[i] - through));
      }
    });
    input(0).accumulate_grad(dx);
  }

  Tensor x_, weight_;
  BatchMoments moments_;
  Tensor inverse_;
};

// Mean and 1 / √(variance + epsilon) of every row, one behind the other.
template <class T>
Tensor row_moments(const Tensor& x, double epsilon) {
  const int64_t channels = x.size(-1), rows = x.numel() / channels;
  Tensor moments = Tensor::uninitialized({2, rows}, DType::f64);
  const T* const from = x.data<T>();
  double *const means = moments.data<double>(), *const inverse = means + rows;
  for_rows(x, [=](int64_t row) {
    const T* const at = from + row * channels;
    const double count = static_cast<double>(channels);
    const double mean =
        sum_lanes(0, channels, [=](int64_t c) { return static_cast<double>(at[c]); }) / count;
    const double variance = sum_lanes(0, channels,
                                      [=](int64_t c) {
                                        const double d = static_cast<double>(at[c]) - mean;
                                        return d * d;
                                      }) /
                            count;
    means[row] = mean;
    inverse[row] = 1 / std::sqrt(variance + epsilon);
  });
  return moments;
}

// normalised x · weight + bias; `which` says whose moments a number goes by.
template <class T, class Which>
void apply(const Tensor& x, const Variable& weight, const Variable& bias, const Scale& scale,
           Tensor& out, const Which& which) {
  const T* const from = x.data<T>();
  const T* const w = weight.defined() ? weight.value().data<T>() : nullptr;
  const T* const b = bias.defined() ? bias.value().data<T>() : nullptr;
  T* const to = out.data<T>();
  const int64_t channels = x.size(-1);
  for_rows(x, [=](int64_t row) {
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t i = row * channels + c;
      const T y = normal(from[i], scale, which(row, c));
      to[i] = w ? y * w[c] + b[c] : y;
    }
  });
}

}  // namespace

Variable layer_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    double epsilon) {
  check(x, weight, bias);
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype()), moments;
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    moments = row_moments<T>(x.value(), epsilon);
    const double* const means = moments.data<double>();
    apply<T>(x.value(), weight, bias, {means, means + moments.size(1)}, out,
             [](int64_t row, int64_t) { return row; });
  });
  return Variable::from_node(
      out, needs_node({x, weight, bias}) ? new LayerNormNode(x, weight, bias, moments) : nullptr);
}

ChannelMoments channel_moments(const Tensor& x, const Tensor& real) {
  const int64_t channels = x.size(-1), rows = x.numel() / channels;
  ChannelMoments moments;
  for (int64_t row = 0; row < rows; ++row)
    moments.count += !real.defined() || real.data<float>()[row] != 0;
  const double count = static_cast<double>(std::max<int64_t>(1, moments.count));
  dispatch(x.dtype(), [&](auto zero) {
    const auto* const from = x.data<decltype(zero)>();
    moments.mean = channel_sums(x, real, [=](int64_t row, int64_t c) {
      return static_cast<double>(from[row * channels + c]);
    });
    for (double& v : moments.mean.values<double>()) v /= count;
    const double* const mean = moments.mean.data<double>();
    moments.variance = channel_sums(x, real, [=](int64_t row, int64_t c) {
      const double d = static_cast<double>(from[row * channels + c]) - mean[c];
      return d * d;
    });
    for (double& v : moments.variance.values<double>()) v /= count;
  });
  return moments;
}

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias,
                    const BatchMoments& moments) {
  check(x, weight, bias);
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  const Tensor inverse = inverse_deviation(moments.values.variance, moments.epsilon);
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    apply<T>(x.value(), weight, bias, {moments.values.mean.data<double>(), inverse.data<double>()},
             out, [](int64_t, int64_t c) { return c; });
    const int64_t channels = x.shape()[-1];
    for (int64_t row = 0; moments.real.defined() && row < moments.real.numel(); ++row)
      if (moments.real.data<float>()[row] == 0)
        std::fill_n(out.data<T>() + row * channels, channels, T{0});
  });
  return Variable::from_node(
      out, needs_node({x, weight, bias}) ? new BatchNormNode(x, weight, bias, moments) : nullptr);
}

}  // namespace sluice
