#include "sluice/autograd/pooling.h"

#include <algorithm>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

namespace {

// Windows over [B,T,C], T being time.size.
struct Plan {
  WindowAxis time;
  int64_t batch, channels;

  Shape result() const { return {batch, time.count(), channels}; }
  /// The first tap of a window that lies within the sequence, and the one behind its last.
  int64_t first_tap(int64_t window) const {
    const int64_t missing = time.before - window * time.stride;
    return missing <= 0 ? 0 : (missing + time.dilation - 1) / time.dilation;
  }
  int64_t end_tap(int64_t window) const {
    const int64_t room = time.size - 1 - place(window, 0);
    return room < 0 ? 0 : std::min(time.kernel, room / time.dilation + 1);
  }
  int64_t place(int64_t window, int64_t tap) const {
    return window * time.stride - time.before + tap * time.dilation;
  }
};

Plan plan_of(const Variable& x, WindowAxis time) {
  const Shape& shape = x.shape();
  if (shape.rank() != 3)
    fail_config("autograd.pooling", "pooling",
                "an input of shape " + shape.to_string() + " is not [B,T,C]",
                "give sequences with time before channels");
  time.size = shape[1];
  const Plan plan{time, shape[0], shape[2]};
  bool fits = time.count() > 0;
  for (int64_t w = 0; fits && w < time.count(); ++w) fits = plan.first_tap(w) < plan.end_tap(w);
  if (!fits)
    fail_config("autograd.pooling", "pooling",
                "a window of " + std::to_string(time.span()) + " steps sees none of the " +
                    std::to_string(time.size) + " steps, or does not fit",
                "choose a kernel_size of at most the steps and a padding of at most half of it");
  return plan;
}

// Calls body(row) for every row of the batch, by threads where it is worth it.
template <class Body>
void for_rows(const Plan& plan, const Body& body) {
  for_pieces(plan.batch, plan.result().numel() * plan.time.kernel >= least_parallel, body);
}

class MaxPoolNode : public Node {
 public:
  MaxPoolNode(const Variable& x, const Plan& plan, PoolArray<int> from)
      : Node({x}), plan_(plan), from_(std::move(from)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(grads[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* const grad = grads[0].data<T>();
      T* const dx = input(0).grad_buffer().data<T>();
      const int64_t channels = plan_.channels, size = plan_.time.count() * channels;
      for_rows(plan_, [&](int64_t row) {
        T* const to = dx + row * plan_.time.size * channels;
        for (int64_t i = row * size; i < (row + 1) * size; ++i)
          to[from_[i] * channels + i % channels] += grad[i];
      });
    });
  }

 private:
  Plan plan_;
  PoolArray<int> from_;  // the step of the largest
};

template <class T>
void max_forward(const Plan& plan, const T* x, T* y, int* from) {
  const int64_t channels = plan.channels;
  for_rows(plan, [&](int64_t row) {
    for (int64_t w = 0; w < plan.time.count(); ++w) {
      T* const best = y + (row * plan.time.count() + w) * channels;
      int* const where = from + (row * plan.time.count() + w) * channels;
      const int64_t first = plan.first_tap(w);
      for (int64_t k = first; k < plan.end_tap(w); ++k) {
        const int64_t step = plan.place(w, k);
        const T* const value = x + (row * plan.time.size + step) * channels;
        for (int64_t c = 0; c < channels; ++c) {
          const bool better = k == first || value[c] > best[c] || value[c] != value[c];
          best[c] = better ? value[c] : best[c];
          where[c] = better ? static_cast<int>(step) : where[c];
        }
      }
    }
  });
}

// What a mean divides by.
int64_t divisor(const Plan& plan, int64_t window, bool count_padding, int64_t padded_after) {
  if (!count_padding) return plan.end_tap(window) - plan.first_tap(window);
  const int64_t room = plan.time.size + padded_after - plan.place(window, 0);
  return std::min(plan.time.kernel, (room + plan.time.dilation - 1) / plan.time.dilation);
}

struct Mean {
  Plan plan;
  bool count_padding;
  int64_t padded_after;

  /// Calls step(window, place, 1 / divisor) for every tap of a row's windows.
  template <class Step>
  void for_taps(const Step& step) const {
    for (int64_t w = 0; w < plan.time.count(); ++w) {
      const auto count = static_cast<double>(divisor(plan, w, count_padding, padded_after));
      for (int64_t k = plan.first_tap(w); k < plan.end_tap(w); ++k)
        step(w, plan.place(w, k), 1 / count);
    }
  }
};

class AvgPoolNode : public Node {
 public:
  AvgPoolNode(const Variable& x, const Mean& mean) : Node({x}), mean_(mean) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(grads[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* const grad = grads[0].data<T>();
      T* const dx = input(0).grad_buffer().data<T>();
      const int64_t channels = mean_.plan.channels;
      const int64_t steps = mean_.plan.time.size, windows = mean_.plan.time.count();
      for_rows(mean_.plan, [&](int64_t row) {
        mean_.for_taps([&](int64_t window, int64_t step, double share) {
          T* const to = dx + (row * steps + step) * channels;
          const T* const from = grad + (row * windows + window) * channels;
          for (int64_t c = 0; c < channels; ++c) to[c] += from[c] * static_cast<T>(share);
        });
      });
    });
  }

 private:
  Mean mean_;
};

template <class T>
void mean_forward(const Mean& mean, const T* x, T* y) {
  const int64_t channels = mean.plan.channels;
  const int64_t steps = mean.plan.time.size, windows = mean.plan.time.count();
  for_rows(mean.plan, [&](int64_t row) {
    mean.for_taps([&](int64_t window, int64_t step, double share) {
      const T* const from = x + (row * steps + step) * channels;
      T* const to = y + (row * windows + window) * channels;
      for (int64_t c = 0; c < channels; ++c) to[c] += from[c] * static_cast<T>(share);
    });
  });
}

}  // namespace

Variable max_pool1d(const Variable& x, WindowAxis time) {
  const Plan plan = plan_of(x, time);
  Tensor out = Tensor::uninitialized(plan.result(), x.dtype());
  PoolArray<int> from(out.numel());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    max_forward(plan, x.value().data<T>(), out.data<T>(), from.data());
  });
  return Variable::from_node(out,
                             needs_node({x}) ? new MaxPoolNode(x, plan, std::move(from)) : nullptr);
}

Variable avg_pool1d(const Variable& x, WindowAxis time, bool count_padding, int64_t padded_after) {
  const Mean mean{plan_of(x, time), count_padding, padded_after};
  Tensor out(mean.plan.result(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    mean_forward(mean, x.value().data<T>(), out.data<T>());
  });
  return Variable::from_node(out, needs_node({x}) ? new AvgPoolNode(x, mean) : nullptr);
}

}  // namespace sluice
