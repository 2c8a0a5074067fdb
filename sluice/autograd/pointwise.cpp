#include "sluice/autograd/pointwise.h"

#include <cmath>

#include "sluice/autograd/node.h"
#include "sluice/tensor/chunk.h"

namespace sluice {

namespace {

// A rule is the value y of a function at x, and its slope given x and y; `p` is its parameter.
struct Relu {
  template <class T>
  static T value(T x, T) {
    return x > 0 ? x : (x == x ? T(0) : x);  // NaN stays NaN
  }
  template <class T>
  static T slope(T x, T, T) {
    return x > 0 ? T(1) : T(0);
  }
};

struct LeakyRelu {
  template <class T>
  static T value(T x, T p) {
    return x > 0 ? x : p * x;
  }
  template <class T>
  static T slope(T x, T, T p) {
    return x > 0 ? T(1) : p;
  }
};

struct Elu {
  template <class T>
  static T value(T x, T p) {
    return x > 0 ? x : p * std::expm1(x);
  }
  template <class T>
  static T slope(T x, T y, T p) {
    return x > 0 ? T(1) : y + p;
  }
};

struct Tanh {
  template <class T>
  static T value(T x, T) {
    return std::tanh(x);
  }
  template <class T>
  static T slope(T, T y, T) {
    return T(1) - y * y;
  }
};

struct Sigmoid {
  template <class T>
  static T value(T x, T) {
    return T(1) / (T(1) + std::exp(-x));
  }
  template <class T>
  static T slope(T, T y, T) {
    return y * (T(1) - y);
  }
};

struct Softplus {
  template <class T>
  static T value(T x, T) {
    return std::log1p(std::exp(-std::abs(x))) + (x > 0 ? x : T(0));
  }
  template <class T>
  static T slope(T x, T, T) {
    return Sigmoid::value(x, T(0));
  }
};

struct Exp {
  template <class T>
  static T value(T x, T) {
    return std::exp(x);
  }
  template <class T>
  static T slope(T, T y, T) {
    return y;
  }
};

struct Log {
  template <class T>
  static T value(T x, T) {
    return std::log(x);
  }
  template <class T>
  static T slope(T x, T, T) {
    return T(1) / x;
  }
};

struct Sqrt {
  template <class T>
  static T value(T x, T) {
    return std::sqrt(x);
  }
  template <class T>
  static T slope(T, T y, T) {
    return T(0.5) / y;
  }
};

struct Square {
  template <class T>
  static T value(T x, T) {
    return x * x;
  }
  template <class T>
  static T slope(T x, T, T) {
    return T(2) * x;
  }
};

struct Abs {
  template <class T>
  static T value(T x, T) {
    return std::abs(x);
  }
  template <class T>
  static T slope(T x, T, T) {
    return static_cast<T>((x > 0) - (x < 0));
  }
};

template <class Rule>
class PointwiseNode : public Node {
 public:
  PointwiseNode(const Variable& x, Tensor y, double p)
      : Node({x}), x_(x.value()), y_(std::move(y)), p_(p) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    Tensor dx = Tensor::uninitialized(x_.shape(), x_.dtype());
    dispatch(x_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *x = x_.data<T>(), *y = y_.data<T>(), *grad = grads[0].data<T>();
      T* const to = dx.data<T>();
      const T p = static_cast<T>(p_);
      for_chunks(dx.numel(), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) to[i] = grad[i] * Rule::slope(x[i], y[i], p);
      });
    });
    input(0).accumulate_grad(dx);
  }

 private:
  Tensor x_, y_;
  double p_;
};

template <class Rule>
Variable pointwise(const Variable& x, double parameter = 0) {
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.value().data<T>();
    T* const to = y.data<T>();
    const T p = static_cast<T>(parameter);
    for_chunks(y.numel(), [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = Rule::value(from[i], p);
    });
  });
  return Variable::from_node(y,
                             needs_node({x}) ? new PointwiseNode<Rule>(x, y, parameter) : nullptr);
}

}  // namespace

Variable relu(const Variable& x) { return pointwise<Relu>(x); }
Variable leaky_relu(const Variable& x, double slope) { return pointwise<LeakyRelu>(x, slope); }
Variable elu(const Variable& x, double alpha) { return pointwise<Elu>(x, alpha); }
Variable tanh(const Variable& x) { return pointwise<Tanh>(x); }
Variable sigmoid(const Variable& x) { return pointwise<Sigmoid>(x); }
Variable softplus(const Variable& x) { return pointwise<Softplus>(x); }
Variable exp(const Variable& x) { return pointwise<Exp>(x); }
Variable log(const Variable& x) { return pointwise<Log>(x); }
Variable sqrt(const Variable& x) { return pointwise<Sqrt>(x); }
Variable square(const Variable& x) { return pointwise<Square>(x); }
Variable abs(const Variable& x) { return pointwise<Abs>(x); }

}  // namespace sluice
