#include "sluice/autograd/arithmetic.h"

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

// A rule is the value of an operation and its two slopes, times the gradient that arrives.
struct Add {
  static constexpr const char* name = "+";
  template <class T>
  static T value(T a, T b) {
    return a + b;
  }
  template <class T>
  static T left(T, T, T grad) {
    return grad;
  }
  template <class T>
  static T right(T, T, T grad) {
    return grad;
  }
};

struct Subtract {
  static constexpr const char* name = "-";
  template <class T>
  static T value(T a, T b) {
    return a - b;
  }
  template <class T>
  static T left(T, T, T grad) {
    return grad;
  }
  template <class T>
  static T right(T, T, T grad) {
    return -grad;
  }
};

struct Multiply {
  static constexpr const char* name = "*";
  template <class T>
  static T value(T a, T b) {
    return a * b;
  }
  template <class T>
  static T left(T, T b, T grad) {
    return grad * b;
  }
  template <class T>
  static T right(T a, T, T grad) {
    return grad * a;
  }
};

struct Divide {
  static constexpr const char* name = "/";
  template <class T>
  static T value(T a, T b) {
    return a / b;
  }
  template <class T>
  static T left(T, T b, T grad) {
    return grad / b;
  }
  template <class T>
  static T right(T a, T b, T grad) {
    return -grad * a / (b * b);
  }
};

// True if `small` is one number or the trailing part of `large`.
bool trails(const Shape& small, const Shape& large) {
  int first = 0;
  while (first < small.rank() && small[first] == 1) ++first;
  const int rank = small.rank() - first;
  if (rank > large.rank() || small.rank() > large.rank()) return false;
  for (int i = 1; i <= rank; ++i)
    if (small[-i] != large[-i]) return false;
  return true;
}

const Shape& broadcast_shape(const Variable& a, const Variable& b, const char* name) {
  if (a.dtype() != b.dtype())
    fail_config("autograd.dtype", std::string("operator") + name,
                "one operand is float, the other double", "convert one of them with to()");
  if (a.shape() == b.shape() || trails(b.shape(), a.shape())) return a.shape();
  if (trails(a.shape(), b.shape())) return b.shape();
  fail_config(
      "autograd.broadcast", std::string("operator") + name,
      "shapes " + a.shape().to_string() + " and " + b.shape().to_string() + " do not fit together",
      "they must be the same, or one the trailing part of the other");
}

// out[i] = f(a[i mod a_count], b[i mod b_count], grad[i]); the longer operand has all elements.
template <class T, class F>
void combine(const Tensor& a, const Tensor& b, const T* grad, Tensor& out, F&& f) {
  const T* const left = a.data<T>();
  const T* const right = b.data<T>();
  T* const to = out.data<T>();
  const int64_t count = out.numel(), left_count = a.numel(), right_count = b.numel();
  for_chunks(count, [=](int64_t begin, int64_t end) {
    if (left_count == right_count) {
      for (int64_t i = begin; i < end; ++i) to[i] = f(left[i], right[i], grad ? grad[i] : T(0));
      return;
    }
    int64_t repeated = begin % std::min(left_count, right_count);
    for (int64_t i = begin; i < end; ++i) {
      const T x = left[left_count < right_count ? repeated : i];
      const T y = right[left_count < right_count ? i : repeated];
      to[i] = f(x, y, grad ? grad[i] : T(0));
      if (++repeated == std::min(left_count, right_count)) repeated = 0;
    }
  });
}

template <class Rule>
class BinaryNode : public Node {
 public:
  BinaryNode(const Variable& a, const Variable& b) : Node({a, b}), a_(a.value()), b_(b.value()) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(a_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      send<T>(0, grads[0], [](T a, T b, T grad) { return Rule::left(a, b, grad); });
      send<T>(1, grads[0], [](T a, T b, T grad) { return Rule::right(a, b, grad); });
    });
  }

 private:
  template <class T, class F>
  void send(int which, const Tensor& grad, F&& slope) {
    const Variable& to = input(which);
    if (!to.requires_grad()) return;
    Tensor full = Tensor::uninitialized(grad.shape(), grad.dtype());
    combine<T>(a_, b_, grad.data<T>(), full, slope);
    if (to.value().numel() == full.numel())
      to.accumulate_grad(full.reshape(to.shape()));
    else
      add_row_sums(to.grad_buffer(), full);
  }

  Tensor a_, b_;
};

template <class Rule>
Variable binary(const Variable& a, const Variable& b) {
  Tensor out = Tensor::uninitialized(broadcast_shape(a, b, Rule::name), a.dtype());
  dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    combine<T>(a.value(), b.value(), nullptr, out, [](T x, T y, T) { return Rule::value(x, y); });
  });
  return Variable::from_node(out, needs_node({a, b}) ? new BinaryNode<Rule>(a, b) : nullptr);
}

Variable constant(double value, const Variable& like) {
  return Tensor::full({1}, value, like.dtype());
}

}  // namespace

Variable operator+(const Variable& a, const Variable& b) { return binary<Add>(a, b); }
Variable operator-(const Variable& a, const Variable& b) { return binary<Subtract>(a, b); }
Variable operator*(const Variable& a, const Variable& b) { return binary<Multiply>(a, b); }
Variable operator/(const Variable& a, const Variable& b) { return binary<Divide>(a, b); }
Variable operator-(const Variable& a) { return -1.0 * a; }

Variable operator+(const Variable& a, double b) { return a + constant(b, a); }
Variable operator-(const Variable& a, double b) { return a - constant(b, a); }
Variable operator*(const Variable& a, double b) { return a * constant(b, a); }
Variable operator/(const Variable& a, double b) { return a / constant(b, a); }
Variable operator+(double a, const Variable& b) { return constant(a, b) + b; }
Variable operator-(double a, const Variable& b) { return constant(a, b) - b; }
Variable operator*(double a, const Variable& b) { return constant(a, b) * b; }
Variable operator/(double a, const Variable& b) { return constant(a, b) / b; }

}  // namespace sluice
