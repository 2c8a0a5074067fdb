#include "sluice/autograd/gather.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

class GatherNode : public Node {
 public:
  GatherNode(const Variable& x, PoolArray<int64_t> from) : Node({x}), from_(std::move(from)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const int64_t width = input(0).shape()[-1];
    Tensor sum(input(0).shape(), grads[0].dtype());
    dispatch(sum.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* grad = grads[0].data<T>();
      T* const to = sum.data<T>();
      for (const int64_t row : from_) {
        if (row >= 0) std::copy_n(grad, width, to + row * width);
        grad += width;
      }
    });
    input(0).accumulate_grad(sum);
  }

 private:
  PoolArray<int64_t> from_;
};

void check(const Variable& x, const PoolArray<int64_t>& from, const Shape& shape) {
  const int64_t width = shape.rank() > 0 ? shape[-1] : 0;
  const bool fits = x.shape().rank() > 0 && x.shape()[-1] == width &&
                    shape.numel() == static_cast<int64_t>(from.size()) * width;
  if (!fits)
    fail_config("autograd.gather", "gather_rows",
                std::to_string(from.size()) + " rows of " + x.shape().to_string() +
                    " do not make " + shape.to_string(),
                "pick one row for each of the result");
}

}  // namespace

Variable gather_rows(const Variable& x, PoolArray<int64_t> from, const Shape& shape) {
  check(x, from, shape);
  const int64_t width = shape[-1];
  Tensor out = Tensor::uninitialized(shape, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const rows = x.value().data<T>();
    T* to = out.data<T>();
    for (const int64_t row : from)
      to = row < 0 ? std::fill_n(to, width, T(0)) : std::copy_n(rows + row * width, width, to);
  });
  return Variable::from_node(out, needs_node({x}) ? new GatherNode(x, std::move(from)) : nullptr);
}

}  // namespace sluice
