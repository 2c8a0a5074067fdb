#include "sluice/autograd/repeat.h"

#include <algorithm>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

class RepeatNode : public Node {
 public:
  RepeatNode(const Variable& x, int64_t inner, int64_t count)
      : Node({x}), inner_(inner), count_(count) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(grads[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* from = grads[0].data<T>();
      Tensor& buffer = input(0).grad_buffer();
      T* to = buffer.data<T>();
      for (int64_t outer = 0; outer < buffer.numel() / std::max<int64_t>(1, inner_); ++outer) {
        for (int64_t k = 0; k < count_; ++k, from += inner_)
          for (int64_t i = 0; i < inner_; ++i) to[i] += from[i];
        to += inner_;
      }
    });
  }

 private:
  int64_t inner_, count_;
};

}  // namespace

Variable repeat(const Variable& x, int axis, int64_t count) {
  const Shape& in = x.shape();
  if (axis < 0 || axis > in.rank() || count < 1)
    fail_config("autograd.axis", "repeat",
                std::to_string(count) + " copies do not fit before axis " + std::to_string(axis) +
                    " of " + in.to_string());
  Shape shape;
  int64_t inner = 1;
  for (int i = 0; i < axis; ++i) shape.push_back(in[i]);
  shape.push_back(count);
  for (int i = axis; i < in.rank(); ++i) {
    shape.push_back(in[i]);
    inner *= in[i];
  }
  Tensor out = Tensor::uninitialized(shape, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.value().data<T>();
    T* to = out.data<T>();
    for (int64_t left = in.numel() / std::max<int64_t>(1, inner); left > 0; --left, from += inner)
      for (int64_t k = 0; k < count; ++k) to = std::copy_n(from, inner, to);
  });
  return Variable::from_node(out, needs_node({x}) ? new RepeatNode(x, inner, count) : nullptr);
}

}  // namespace sluice
