#include "sluice/autograd/arrange.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

int checked_axis(const Shape& shape, int axis, const char* where) {
  if (axis >= -shape.rank() && axis < shape.rank()) return axis < 0 ? axis + shape.rank() : axis;
  fail_config("autograd.axis", where,
              "there is no axis " + std::to_string(axis) + " in " + shape.to_string());
}

// A shape seen from one axis: [outer, extent, inner].
struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;

  AxisView(const Shape& shape, int axis) : extent(shape[axis]) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  }
};

// [outer, a, middle, b, inner] -> [outer, b, middle, a, inner]
struct Exchange {
  int64_t outer = 1, a = 1, middle = 1, b = 1, inner = 1;

  Exchange(const Shape& shape, int first, int second) : a(shape[first]), b(shape[second]) {
    for (int i = 0; i < first; ++i) outer *= shape[i];
    for (int i = first + 1; i < second; ++i) middle *= shape[i];
    for (int i = second + 1; i < shape.rank(); ++i) inner *= shape[i];
  }

  template <class T>
  void copy(const T* from, T* to) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t j = 0; j < b; ++j)
        for (int64_t m = 0; m < middle; ++m)
          for (int64_t i = 0; i < a; ++i) {
            const T* const source = from + (((o * a + i) * middle + m) * b + j) * inner;
            to = std::copy_n(source, inner, to);
          }
  }
};

Tensor exchanged(const Tensor& x, int first, int second) {
  Shape shape = x.shape();
  shape.set(first, x.size(second));
  shape.set(second, x.size(first));
  Tensor out = Tensor::uninitialized(shape, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Exchange(x.shape(), first, second).copy(x.data<T>(), out.data<T>());
  });
  return out;
}

// Moves the `count` positions from `whole_begin` of `whole` and from `part_begin` of `part`.
enum class Move { into_part, into_whole, add_into_whole };

void move_range(Move move, Tensor& whole, Tensor& part, int axis, int64_t whole_begin) {
  const AxisView large(whole.shape(), axis), small(part.shape(), axis);
  dispatch(whole.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const int64_t length = small.extent * small.inner;
    for (int64_t o = 0; o < large.outer; ++o) {
      T* const in_whole = whole.data<T>() + (o * large.extent + whole_begin) * large.inner;
      T* const in_part = part.data<T>() + o * length;
      if (move == Move::into_part) std::copy_n(in_whole, length, in_part);
      if (move == Move::into_whole) std::copy_n(in_part, length, in_whole);
      if (move == Move::add_into_whole)
        for (int64_t i = 0; i < length; ++i) in_whole[i] += in_part[i];
    }
  });
}

class ReshapeNode : public Node {
 public:
  explicit ReshapeNode(const Variable& x) : Node({x}) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    input(0).accumulate_grad(grads[0].reshape(input(0).shape()));
  }
};

class TransposeNode : public Node {
 public:
  TransposeNode(const Variable& x, int first, int second)
      : Node({x}), first_(first), second_(second) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    input(0).accumulate_grad(exchanged(grads[0], first_, second_));
  }

 private:
  int first_, second_;
};

class SliceNode : public Node {
 public:
  SliceNode(const Variable& x, int axis, int64_t begin) : Node({x}), axis_(axis), begin_(begin) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    Tensor grad = grads[0];
    move_range(Move::add_into_whole, input(0).grad_buffer(), grad, axis_, begin_);
  }

 private:
  int axis_;
  int64_t begin_;
};

// Joins two; longer lists are joined pair by pair.
class ConcatNode : public Node {
 public:
  ConcatNode(const Variable& a, const Variable& b, int axis) : Node({a, b}), axis_(axis) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    int64_t begin = 0;
    for (int i = 0; i < 2; ++i) {
      if (input(i).requires_grad()) {
        Tensor part = Tensor::uninitialized(input(i).shape(), grads[0].dtype());
        Tensor whole = grads[0];
        move_range(Move::into_part, whole, part, axis_, begin);
        input(i).accumulate_grad(part);
      }
      begin += input(i).shape()[axis_];
    }
  }

 private:
  int axis_;
};

Variable concat_two(const Variable& a, const Variable& b, int axis) {
  Shape shape = a.shape();
  bool fits = a.shape().rank() == b.shape().rank() && a.dtype() == b.dtype();
  for (int i = 0; fits && i < shape.rank(); ++i) fits = i == axis || shape[i] == b.shape()[i];
  if (!fits)
    fail_config("autograd.concat", "concat",
                a.shape().to_string() + " and " + b.shape().to_string() +
                    " cannot be joined along axis " + std::to_string(axis),
                "every other axis and the type must be the same");
  shape.set(axis, a.shape()[axis] + b.shape()[axis]);
  Tensor out = Tensor::uninitialized(shape, a.dtype());
  Tensor first = a.value(), second = b.value();
  move_range(Move::into_whole, out, first, axis, 0);
  move_range(Move::into_whole, out, second, axis, a.shape()[axis]);
  return Variable::from_node(out, needs_node({a, b}) ? new ConcatNode(a, b, axis) : nullptr);
}

}  // namespace

Variable reshape(const Variable& x, const Shape& shape) {
  return Variable::from_node(x.value().reshape(shape),
                             needs_node({x}) ? new ReshapeNode(x) : nullptr);
}

Variable transpose(const Variable& x, int axis, int other_axis) {
  const int a = checked_axis(x.shape(), axis, "transpose");
  const int b = checked_axis(x.shape(), other_axis, "transpose");
  if (a == b) return x;
  const int first = std::min(a, b), second = std::max(a, b);
  return Variable::from_node(exchanged(x.value(), first, second),
                             needs_node({x}) ? new TransposeNode(x, first, second) : nullptr);
}

Variable slice(const Variable& x, int axis, int64_t begin, int64_t end) {
  axis = checked_axis(x.shape(), axis, "slice");
  const int64_t extent = x.shape()[axis];
  const int64_t from = begin < 0 ? begin + extent : begin, to = end < 0 ? end + extent : end;
  if (from < 0 || to > extent || from > to)
    fail_config("autograd.slice", "slice",
                "positions " + std::to_string(begin) + " to " + std::to_string(end) +
                    " are not within axis " + std::to_string(axis) + " of " +
                    x.shape().to_string());
  Shape shape = x.shape();
  shape.set(axis, to - from);
  Tensor out = Tensor::uninitialized(shape, x.dtype());
  Tensor whole = x.value();
  move_range(Move::into_part, whole, out, axis, from);
  return Variable::from_node(out, needs_node({x}) ? new SliceNode(x, axis, from) : nullptr);
}

Variable select(const Variable& x, int axis, int64_t index) {
  axis = checked_axis(x.shape(), axis, "select");
  const int64_t position = index < 0 ? index + x.shape()[axis] : index;
  Shape shape;
  for (int i = 0; i < x.shape().rank(); ++i)
    if (i != axis) shape.push_back(x.shape()[i]);
  return reshape(slice(x, axis, position, position + 1), shape);
}

Variable concat(std::span<const Variable> parts, int axis) {
  if (parts.empty()) fail_config("autograd.concat", "concat", "there is nothing to join");
  axis = checked_axis(parts[0].shape(), axis, "concat");
  // Halving keeps the copies at n·log n where a chain would make n² of them.
  if (parts.size() == 1) return parts[0];
  const size_t half = parts.size() / 2;
  return concat_two(concat(parts.first(half), axis), concat(parts.subspan(half), axis), axis);
}

Variable concat(std::initializer_list<Variable> parts, int axis) {
  return concat(std::span<const Variable>(parts.begin(), parts.size()), axis);
}

}  // namespace sluice
