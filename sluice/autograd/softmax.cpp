#include "sluice/autograd/softmax.h"

#include <cmath>
#include <type_traits>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/softmax_rows.h"
#include "sluice/tensor/vector_math.h"

namespace sluice {

namespace {

void check_rows(const Tensor& x) {
  if (x.rank() > 0 && x.size(-1) > 0) return;
  fail_config("autograd.softmax", "softmax",
              "an input of shape " + x.shape().to_string() + " has no numbers along its last axis");
}

// Calls body(first number of a row) for every row, by threads where it is worth it.
template <class Body>
void for_rows(const Tensor& x, const Body& body) {
  const int64_t size = x.size(-1);
  for_pieces(x.numel() / size, x.numel() >= least_parallel, [&](int64_t row) { body(row * size); });
}

// How a row's gradient comes back from y to dx.
struct SoftmaxBack {
  template <class T>
  void operator()(const T* y, const T* grad, T* dx, int64_t size) const {
    softmax_row_gradient(y, grad, dx, size);
  }
};

struct LogSoftmaxBack {
  template <class T>
  void operator()(const T* y, const T* grad, T* dx, int64_t size) const {
    const T total = static_cast<T>(vector_sum(grad, size));
    vector_exp_below(y, dx, size, T{0});
    for (int64_t i = 0; i < size; ++i) dx[i] = grad[i] - dx[i] * total;
  }
};

template <class Back>
class RowsNode : public Node {
 public:
  RowsNode(const Variable& x, const Tensor& y) : Node({x}), y_(y) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const int64_t size = y_.size(-1);
    Tensor dx = Tensor::uninitialized(y_.shape(), y_.dtype());
    dispatch(y_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *grad = grads[0].data<T>(), *y = y_.data<T>();
      T* const to = dx.data<T>();
      for_rows(y_, [=](int64_t at) { Back()(y + at, grad + at, to + at, size); });
    });
    input(0).accumulate_grad(dx);
  }

 private:
  Tensor y_;
};

// The result of forward(x, y, number of the row's first element, size), called for every row.
template <class Back, class Forward>
Variable by_rows(const Variable& x, const Forward& forward) {
  const int64_t size = x.value().size(-1);
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.value().data<T>();
    T* const to = out.data<T>();
    for_rows(out, [&](int64_t at) { forward(from + at, to + at, at, size); });
  });
  return Variable::from_node(out, needs_node({x}) ? new RowsNode<Back>(x, out) : nullptr);
}

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
  check_rows(x.value());
  if (allowed.defined()) check_allowed(x.value(), allowed);
  const float* const mask = allowed.defined() ? allowed.data<float>() : nullptr;
  const int64_t repeats = allowed.defined() ? allowed.numel() : 1;
  return by_rows<SoftmaxBack>(x, [=](const auto* from, auto* to, int64_t at, int64_t size) {
    softmax_row(from, mask ? mask + at % repeats : mask, to, size);
  });
}

Variable log_softmax(const Variable& x) {
  check_rows(x.value());
  return by_rows<LogSoftmaxBack>(x, [](const auto* from, auto* to, int64_t, int64_t size) {
    const auto [most, total] = exponentials(from, to, size);
    using T = std::remove_const_t<decltype(most)>;
    const T norm = static_cast<T>(std::log(total));
    for (int64_t i = 0; i < size; ++i) to[i] = (from[i] - most) - norm;
  });
}

}  // namespace sluice
