#include "sluice/layers/activity_penalty.h"

#include <utility>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

namespace {

/// Which steps of [B,T] are real.
PoolArray<uint8_t> real_steps(const Padding& padding, int64_t batch, int64_t steps) {
  PoolArray<uint8_t> real(static_cast<size_t>(batch * steps));
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t t = 0; t < steps; ++t) {
      const auto at = static_cast<size_t>(b * steps + t);
      const int64_t own = padding.left ? steps - 1 - t : t;
      real[at] = !padding.real.empty()
                     ? padding.real[at]
                     : padding.lengths.empty() || own < padding.lengths[static_cast<size_t>(b)];
    }
  return real;
}

/// The real steps of a batch, or the pairs of them that stand side by side, in the order of rows
/// and steps: sums over them have the same bits for any threads.
class Steps {
 public:
  Steps(const Shape& shape, const Padding& padding)
      : batch_(shape[0]),
        steps_(shape.rank() > 2 ? shape[1] : 1),
        features_(shape[-1]),
        real_(real_steps(padding, batch_, steps_)) {}

  /// Calls f(place, next) for the first number of every pair.
  template <class F>
  void for_each(int apart, F&& f) const {
    for (int64_t b = 0; b < batch_; ++b)
      for (int64_t t = 0; t + apart < steps_; ++t) {
        const int64_t step = b * steps_ + t;
        if (real_[static_cast<size_t>(step)] && real_[static_cast<size_t>(step + apart)])
          f(step * features_, (step + apart) * features_);
      }
  }
  int64_t features() const { return features_; }

 private:
  int64_t batch_, steps_, features_;
  PoolArray<uint8_t> real_;
};

/// factor · Σ x_t², or with `apart` 1 factor · Σ (x_t − x_{t+1})².
class SquaresNode : public Node {
 public:
  SquaresNode(const Variable& x, Steps steps, int apart, double factor)
      : Node({x}), steps_(std::move(steps)), apart_(apart), factor_(factor) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const double seed = 2 * factor_ * grads[0].item();
    Tensor dx(input(0).shape(), input(0).dtype());
    dispatch(dx.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* const x = input(0).value().template data<T>();
      T* const to = dx.template data<T>();
      steps_.for_each(apart_, [&](int64_t at, int64_t next) {
        for (int64_t i = 0; i < steps_.features(); ++i) {
          const double d = apart_ == 0 ? x[at + i] : static_cast<double>(x[at + i]) - x[next + i];
          to[at + i] += static_cast<T>(seed * d);
          if (apart_ > 0) to[next + i] -= static_cast<T>(seed * d);
        }
      });
    });
    input(0).accumulate_grad(dx);
  }

 private:
  const Steps steps_;
  const int apart_;
  const double factor_;
};

/// factor · the mean of those squares; undefined where there is nothing to add.
Variable squares(const Variable& x, const Padding& padding, int apart, double factor) {
  Steps all(x.shape(), padding);
  double sum = 0;
  int64_t count = 0;
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const values = x.value().template data<T>();
    all.for_each(apart, [&](int64_t at, int64_t next) {
      count += all.features();
      for (int64_t i = 0; i < all.features(); ++i) {
        const double d =
            apart == 0 ? values[at + i] : static_cast<double>(values[at + i]) - values[next + i];
        sum += d * d;
      }
    });
  });
  if (factor == 0 || count == 0) return {};
  const double each = factor / static_cast<double>(count);
  return Variable::from_node(
      Tensor::full({1}, each * sum, x.dtype()),
      needs_node({x}) ? new SquaresNode(x, std::move(all), apart, each) : nullptr);
}

Variable sum_of(const Variable& a, const Variable& b) {
  return !a.defined() ? b : !b.defined() ? a : a + b;
}

}  // namespace

ActivityPenalty::ActivityPenalty(const ActivityPenaltyOptions& options) : options_(options) {
  if (!(options.activation >= 0 && options.temporal_activation >= 0))
    fail_config("layer.penalty", "activity_penalty", "a penalty's factor must not be negative",
                "write for example activation: 2");
}

Variable ActivityPenalty::forward(const Variable& x, const Padding& padding) {
  if (!training()) return x;
  penalty_ = sum_of(squares(x, padding, 0, options_.activation),
                    squares(x, padding, 1, options_.temporal_activation));
  return x;
}

Variable ActivityPenalty::take_penalty() { return std::exchange(penalty_, Variable()); }

}  // namespace sluice
