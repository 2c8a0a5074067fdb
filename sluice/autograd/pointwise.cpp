#include "sluice/autograd/pointwise.h"

#include <cmath>

#include "sluice/autograd/node.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/vector_math.h"

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
  static void map(const T* x, T* y, int64_t count) {
    vector_tanh(x, y, count);
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
  static void map(const T* x, T* y, int64_t count) {
    vector_sigmoid(x, y, count);
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

struct Gelu {
  template <class T>
  static T share(T x) {  // Φ(x)
    return T(0.5) * std::erfc(-x * static_cast<T>(0.70710678118654752440));
  }
  template <class T>
  static T value(T x, T) {
    return x * share(x);
  }
  template <class T>
  static T slope(T x, T, T) {
    const T density = static_cast<T>(0.39894228040143267794) * std::exp(T(-0.5) * x * x);
    return share(x) + x * density;
  }
};

struct GeluTanh {
  static constexpr double root = 0.79788456080286535588, cube = 0.044715;
  template <class T>
  static T curve(T x) {
    return std::tanh(static_cast<T>(root) * (x + static_cast<T>(cube) * x * x * x));
  }
  template <class T>
  static T value(T x, T) {
    return T(0.5) * x * (T(1) + curve(x));
  }
  template <class T>
  static T slope(T x, T, T) {
    const T t = curve(x), inner = static_cast<T>(root) * (T(1) + static_cast<T>(3 * cube) * x * x);
    return T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * inner;
  }
};

struct Silu {
  template <class T>
  static T value(T x, T) {
    return x * Sigmoid::value(x, T(0));
  }
  template <class T>
  static T slope(T x, T y, T) {
    const T s = Sigmoid::value(x, T(0));
    return s + y * (T(1) - s);
  }
};

struct Mish {
  template <class T>
  static T value(T x, T) {
    return x * std::tanh(Softplus::value(x, T(0)));
  }
  template <class T>
  static T slope(T x, T, T) {
    const T t = std::tanh(Softplus::value(x, T(0)));
    return t + x * (T(1) - t * t) * Sigmoid::value(x, T(0));
  }
};

struct Selu {
  static constexpr double scale = 1.0507009873554804934, alpha = 1.6732632423543772848;
  template <class T>
  static T value(T x, T) {
    return static_cast<T>(scale) * Elu::value(x, static_cast<T>(alpha));
  }
  template <class T>
  static T slope(T x, T y, T) {
    return x > 0 ? static_cast<T>(scale) : y + static_cast<T>(scale * alpha);
  }
};

struct Softsign {
  template <class T>
  static T value(T x, T) {
    return x / (T(1) + std::abs(x));
  }
  template <class T>
  static T slope(T x, T, T) {
    const T d = T(1) + std::abs(x);
    return T(1) / (d * d);
  }
};

// p is the slope; NaN stays NaN.
struct HardSigmoid {
  template <class T>
  static T value(T x, T p) {
    const T y = p * x + T(0.5);
    return y > T(1) ? T(1) : y < T(0) ? T(0) : y;
  }
  template <class T>
  static T slope(T x, T, T p) {
    const T y = p * x + T(0.5);
    return y > T(0) && y < T(1) ? p : T(0);
  }
};

struct HardSwish {
  template <class T>
  static T value(T x, T) {
    return x * HardSigmoid::value(x, T(1) / T(6));
  }
  template <class T>
  static T slope(T x, T, T) {
    const T p = T(1) / T(6);
    return HardSigmoid::value(x, p) + x * HardSigmoid::slope(x, T(0), p);
  }
};

struct HardTanh {
  template <class T>
  static T value(T x, T) {
    return x > T(1) ? T(1) : x < T(-1) ? T(-1) : x;
  }
  template <class T>
  static T slope(T x, T, T) {
    return x > T(-1) && x < T(1) ? T(1) : T(0);
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
      if constexpr (requires { Rule::map(from, to, begin); })
        Rule::map(from + begin, to + begin, end - begin);
      else
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
Variable gelu(const Variable& x) { return pointwise<Gelu>(x); }
Variable gelu_tanh(const Variable& x) { return pointwise<GeluTanh>(x); }
Variable silu(const Variable& x) { return pointwise<Silu>(x); }
Variable mish(const Variable& x) { return pointwise<Mish>(x); }
Variable selu(const Variable& x) { return pointwise<Selu>(x); }
Variable softsign(const Variable& x) { return pointwise<Softsign>(x); }
Variable hard_sigmoid(const Variable& x, double slope) { return pointwise<HardSigmoid>(x, slope); }
Variable hard_swish(const Variable& x) { return pointwise<HardSwish>(x); }
Variable hard_tanh(const Variable& x) { return pointwise<HardTanh>(x); }
Variable exp(const Variable& x) { return pointwise<Exp>(x); }
Variable log(const Variable& x) { return pointwise<Log>(x); }
Variable sqrt(const Variable& x) { return pointwise<Sqrt>(x); }
Variable square(const Variable& x) { return pointwise<Square>(x); }
Variable abs(const Variable& x) { return pointwise<Abs>(x); }

}  // namespace sluice
