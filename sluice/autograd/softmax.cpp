#include "sluice/autograd/softmax.h"

#include <cmath>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/softmax_rows.h"
#include "sluice/tensor/vector_math.h"

namespace sluice {

namespace {

int64_t row_size(const Tensor& x) {
  if (x.rank() > 0 && x.size(-1) > 0) return x.size(-1);
  fail_config("autograd.softmax", "softmax",
              "an input of shape " + x.shape().to_string() + " has no numbers along its last axis");
}

// Calls body(first number of a row) for every row, by threads where it is worth it.
template <class Body>
void for_rows(const Tensor& x, const Body& body) {
  const int64_t size = x.size(-1);
  for_pieces(x.numel() / size, x.numel() >= least_parallel, [&](int64_t row) { body(row * size); });
}

class SoftmaxNode : public Node {
 public:
  SoftmaxNode(const Variable& x, const Tensor& y) : Node({x}), y_(y) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const int64_t size = y_.size(-1);
    Tensor dx = Tensor::uninitialized(y_.shape(), y_.dtype());
    dispatch(y_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *grad = grads[0].data<T>(), *y = y_.data<T>();
      T* const to = dx.data<T>();
      for_rows(y_, [=](int64_t at) { softmax_row_gradient(y + at, grad + at, to + at, size); });
    });
    input(0).accumulate_grad(dx);
  }

 private:
  Tensor y_;
};

class LogSoftmaxNode : public Node {
 public:
  LogSoftmaxNode(const Variable& x, const Tensor& y) : Node({x}), y_(y) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const int64_t size = y_.size(-1);
    Tensor dx = Tensor::uninitialized(y_.shape(), y_.dtype());
    dispatch(y_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *grad = grads[0].data<T>(), *y = y_.data<T>();
      T* const to = dx.data<T>();
      for_rows(y_, [=](int64_t at) {
        const T total = static_cast<T>(
            sum_lanes(at, at + size, [=](int64_t i) { return static_cast<double>(grad[i]); }));
        vector_exp_below(y + at, to + at, size, T{0});
        for (int64_t i = at; i < at + size; ++i) to[i] = grad[i] - to[i] * total;
      });
    });
    input(0).accumulate_grad(dx);
  }

 private:
  Tensor y_;
};

void check_allowed(const Tensor& x, const Tensor& allowed) {
  const int first = x.rank() - allowed.rank();
  bool fits = first >= 0 && allowed.rank() > 0 && allowed.dtype() == DType::f32;
  for (int axis = -allowed.rank(); fits && axis < 0; ++axis)
    fits = x.size(axis) == allowed.size(axis);
  if (!fits)
    fail_config(
        "autograd.softmax", "softmax",
        "a mask of shape " + allowed.shape().to_string() + " does not fit " + x.shape().to_string(),
        "give floats, in the shape of the input or of its trailing part");
}

}  // namespace

Variable softmax(const Variable& x, const Tensor& allowed) {
  const int64_t size = row_size(x.value());
  if (allowed.defined()) check_allowed(x.value(), allowed);
  const float* const mask = allowed.defined() ? allowed.data<float>() : nullptr;
  const int64_t repeats = allowed.defined() ? allowed.numel() : 1;
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.value().data<T>();
    T* const to = out.data<T>();
    for_rows(out, [=](int64_t at) {
      softmax_row(from + at, mask ? mask + at % repeats : mask, to + at, size);
    });
  });
  return Variable::from_node(out, needs_node({x}) ? new SoftmaxNode(x, out) : nullptr);
}

Variable log_softmax(const Variable& x) {
  const int64_t size = row_size(x.value());
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.value().data<T>();
    T* const to = out.data<T>();
    for_rows(out, [=](int64_t at) {
      const auto [most, total] = exponentials(from + at, to + at, size);
      const T norm = static_cast<T>(std::log(total));
      for (int64_t i = at; i < at + size; ++i) to[i] = (from[i] - most) - norm;
    });
  });
  return Variable::from_node(out, needs_node({x}) ? new LogSoftmaxNode(x, out) : nullptr);
}

}  // namespace sluice
