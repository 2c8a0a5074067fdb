#include "sluice/autograd/matmul.h"

#include <algorithm>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/gemm.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

// One product per batch; a b that has no batches of its own is one tall product.
struct ProductShape {
  int64_t batches, m, n, k;
};

ProductShape product_shape(const Variable& a, const Variable& b) {
  const Shape &left = a.shape(), &right = b.shape();
  const bool shared = right.rank() == 2;
  bool fits = left.rank() >= 2 && right.rank() >= 2 && left[-1] == right[-2] &&
              a.dtype() == b.dtype() && (shared || left.rank() == right.rank());
  for (int axis = 0; fits && !shared && axis < left.rank() - 2; ++axis)
    fits = left[axis] == right[axis];
  if (!fits)
    fail_config("autograd.matmul", "matmul",
                left.to_string() + " times " + right.to_string() + " is not a product",
                "the last axis of the first must be the second to last of the other");
  int64_t batches = 1;
  for (int axis = 0; axis < left.rank() - 2; ++axis) batches *= left[axis];
  if (shared) return {1, batches * left[-2], right[-1], left[-1]};
  return {batches, left[-2], right[-1], left[-1]};
}

// Calls body(i) for every product of the batch. Threads share many small ones, where there is much
// to multiply or, as with products of one row, much to read; great ones share themselves.
template <class Body>
void for_products(const ProductShape& shape, const Body& body) {
  const auto [batches, m, n, k] = shape;
  const int64_t one = m * n * k, touched = batches * (m * k + k * n + m * n);
  const bool much = batches * one >= least_parallel_products || touched >= 2 * least_parallel;
  for_pieces(batches, one < least_parallel_products && much, body);
}

class MatmulNode : public Node {
 public:
  MatmulNode(const Variable& a, const Variable& b, ProductShape shape)
      : Node({a, b}), a_(a.value()), b_(b.value()), shape_(shape) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(a_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto [batches, m, n, k] = shape_;
      const T* const grad = grads[0].data<T>();
      const T *const a = a_.data<T>(), *const b = b_.data<T>();
      if (const Target<T> to = target_of<T>(input(0)); to.at)
        for_products(shape_, [=](int64_t i) {
          gemm(Trans::no, Trans::yes, m, k, n, grad + i * m * n, n, b + i * k * n, n,
               to.at + i * m * k, k, to.add);
        });
      if (const Target<T> to = target_of<T>(input(1)); to.at)
        for_products(shape_, [=](int64_t i) {
          gemm(Trans::yes, Trans::no, k, n, m, a + i * m * k, k, grad + i * m * n, n,
               to.at + i * k * n, n, to.add);
        });
    });
  }

 private:
  Tensor a_, b_;
  ProductShape shape_;
};

class LinearNode : public Node {
 public:
  LinearNode(const Variable& x, const Variable& weight, const Variable& bias)
      : Node({x, weight, bias}), x_(x.value()), weight_(weight.value()) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const Tensor& grad = grads[0];
    const int64_t outputs = weight_.size(0), inputs = weight_.size(1);
    const int64_t rows = inputs ? x_.numel() / inputs : 0;
    dispatch(x_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* const g = grad.data<T>();
      if (const auto [dx, add] = target_of<T>(input(0)); dx)
        gemm(Trans::no, Trans::no, rows, inputs, outputs, g, outputs, weight_.data<T>(), inputs, dx,
             inputs, add);
      if (const auto [dw, add] = target_of<T>(input(1)); dw)
        gemm(Trans::yes, Trans::no, outputs, inputs, rows, g, outputs, x_.data<T>(), inputs, dw,
             inputs, add);
    });
    if (input(2).requires_grad()) add_row_sums(input(2).grad_buffer(), grad);
  }

 private:
  Tensor x_, weight_;
};

void check_linear(const Variable& x, const Variable& weight, const Variable& bias) {
  const bool fits = weight.shape().rank() == 2 && x.shape().rank() >= 1 &&
                    x.shape()[-1] == weight.shape()[1] && x.dtype() == weight.dtype() &&
                    (!bias.defined() ||
                     (bias.value().numel() == weight.shape()[0] && bias.dtype() == weight.dtype()));
  if (!fits)
    fail_config("autograd.linear", "linear",
                "an input of shape " + x.shape().to_string() + " does not fit a weight of shape " +
                    weight.shape().to_string(),
                "the last axes and the types must be the same");
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b) {
  const ProductShape shape = product_shape(a, b);
  Shape result = a.shape();
  result.set(-1, shape.n);
  Tensor out = Tensor::uninitialized(result, a.dtype());
  dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto [batches, m, n, k] = shape;
    const T *left = a.value().data<T>(), *right = b.value().data<T>();
    T* const to = out.data<T>();
    for_products(shape, [=](int64_t i) {
      gemm(Trans::no, Trans::no, m, n, k, left + i * m * k, k, right + i * k * n, n, to + i * m * n,
           n, false);
    });
  });
  return Variable::from_node(out, needs_node({a, b}) ? new MatmulNode(a, b, shape) : nullptr);
}

Variable linear(const Variable& x, const Variable& weight, const Variable& bias) {
  check_linear(x, weight, bias);
  const int64_t outputs = weight.shape()[0], inputs = weight.shape()[1];
  Shape result = x.shape();
  result.set(-1, outputs);
  Tensor out = Tensor::uninitialized(result, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const int64_t rows = outputs ? out.numel() / outputs : 0;
    T* const to = out.data<T>();
    gemm(Trans::no, Trans::yes, rows, outputs, inputs, x.value().data<T>(), inputs,
         weight.value().data<T>(), inputs, to, outputs, false,
         bias.defined() ? bias.value().data<T>() : nullptr);
  });
  return Variable::from_node(
      out, needs_node({x, weight, bias}) ? new LinearNode(x, weight, bias) : nullptr);
}

}  // namespace sluice
