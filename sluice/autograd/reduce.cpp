#include "sluice/autograd/reduce.h"

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

class SumNode : public Node {
 public:
  SumNode(const Variable& x, double factor) : Node({x}), factor_(factor) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    input(0).accumulate_grad(
        Tensor::full(input(0).shape(), grads[0].item() * factor_, input(0).dtype()));
  }

 private:
  double factor_;
};

Variable scaled_sum(const Variable& x, double factor) {
  Tensor out = Tensor::full({1}, sum_all(x.value()) * factor, x.dtype());
  return Variable::from_node(out, needs_node({x}) ? new SumNode(x, factor) : nullptr);
}

// Sums over the leading axis of [outer, rest].
class RowSumNode : public Node {
 public:
  explicit RowSumNode(const Variable& x) : Node({x}) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    Tensor dx = Tensor::uninitialized(input(0).shape(), grads[0].dtype());
    dispatch(dx.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto row = grads[0].values<T>();
      T* to = dx.data<T>();
      for (int64_t i = 0; i < dx.size(0); ++i) to = std::copy(row.begin(), row.end(), to);
    });
    input(0).accumulate_grad(dx);
  }
};

}  // namespace

Variable sum(const Variable& x) { return scaled_sum(x, 1); }

Variable mean(const Variable& x) {
  return scaled_sum(x, 1.0 / static_cast<double>(x.value().numel()));
}

Variable sum(const Variable& x, int axis) {
  const int rank = x.shape().rank();
  if (axis < -rank || axis >= rank)
    fail_config("autograd.axis", "sum",
                "there is no axis " + std::to_string(axis) + " in " + x.shape().to_string());
  if (axis < 0) axis += rank;
  if (rank == 1) return sum(x);
  // Bring the axis to the front one exchange at a time, so that the others keep their order.
  Variable moved = x;
  for (int i = axis; i > 0; --i) moved = transpose(moved, i, i - 1);
  Shape shape;
  for (int i = 1; i < rank; ++i) shape.push_back(moved.shape()[i]);
  Tensor out(shape, x.dtype());
  add_row_sums(out, moved.value());
  return Variable::from_node(out, needs_node({moved}) ? new RowSumNode(moved) : nullptr);
}

Variable mean(const Variable& x, int axis) {
  const Variable total = sum(x, axis);
  return total / static_cast<double>(x.shape()[axis]);
}

}  // namespace sluice
