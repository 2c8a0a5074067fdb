#include "sluice/autograd/attention.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/gemm.h"
#include "sluice/tensor/reduce.h"
#include "sluice/tensor/softmax_rows.h"
#include "sluice/tensor/vector_math.h"

namespace sluice {

namespace {

struct Sizes {
  int64_t batch, steps, width;

  explicit Sizes(const Shape& keys) : batch(keys[0]), steps(keys[1]), width(keys[2]) {}
  /// Calls body(row) for every row of the batch, by threads where it is worth it.
  template <class Body>
  void for_rows(const Body& body) const {
    for_pieces(batch, batch * steps * width >= least_parallel, body);
  }
};

class AdditiveScoresNode : public Node {
 public:
  AdditiveScoresNode(const Variable& query, const Variable& keys, const Variable& v, Tensor curve)
      : Node({query, keys, v}), v_(v.value()), curve_(std::move(curve)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(curve_.dtype(), [&](auto zero) { send<decltype(zero)>(grads[0]); });
  }

 private:
  // Every row of the batch has sums of its own; those of v are added up in the order of the rows.
  template <class T>
  void send(const Tensor& grads) {
    const Sizes sizes(curve_.shape());
    Tensor query({sizes.batch, sizes.width}, curve_.dtype()), v = query.clone();
    Tensor keys = Tensor::uninitialized(curve_.shape(), curve_.dtype());
    const T *curve = curve_.data<T>(), *grad = grads.data<T>(), *weight = v_.data<T>();
    T *const dquery = query.data<T>(), *const dkeys = keys.data<T>(), *const dv = v.data<T>();
    const int64_t width = sizes.width, steps = sizes.steps;
    sizes.for_rows([=](int64_t row) {
      T *const q = dquery + row * width, *const w = dv + row * width;
      for (int64_t s = row * steps; s < (row + 1) * steps; ++s)
        for (int64_t a = 0; a < width; ++a) {
          const T y = curve[s * width + a];
          const T slope = grad[s] * weight[a] * (T(1) - y * y);
          dkeys[s * width + a] = slope;
          q[a] += slope;
          w[a] += grad[s] * y;
        }
    });
    if (input(0).requires_grad()) input(0).accumulate_grad(query);
    if (input(1).requires_grad()) input(1).accumulate_grad(keys);
    if (input(2).requires_grad()) add_row_sums(input(2).grad_buffer(), v);
  }

  Tensor v_, curve_;  // the tanh of every sum, [B,S,A]
};

void check(const Variable& query, const Variable& keys, const Variable& v) {
  const Shape &q = query.shape(), &k = keys.shape();
  const bool fits = k.rank() == 3 && q == Shape{k[0], k[2]} && v.value().numel() == k[2] &&
                    q.numel() > 0 && query.dtype() == keys.dtype() && v.dtype() == keys.dtype();
  if (!fits)
    fail_config("autograd.attention", "additive_scores",
                "a query of shape " + q.to_string() + ", keys of shape " + k.to_string() +
                    " and v of shape " + v.shape().to_string() + " do not fit together",
                "they are [B,A], [B,S,A] and [A]");
}

// Heads are columns of the rows of q, k and v: products with strides find them where they stand.
struct Heads {
  int64_t batch, queries, keys, size, heads;

  int64_t width() const { return size / heads; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(width())); }
  int64_t query(int64_t i) const { return i / heads * queries * size + i % heads * width(); }
  int64_t key(int64_t i) const { return i / heads * keys * size + i % heads * width(); }
  /// Calls body(i) for every head of every row, by threads where it is worth it.
  template <class Body>
  void for_heads(const Body& body) const {
    for_pieces(batch * heads, batch * queries * keys * size >= least_parallel, body);
  }
};

class ScaledDotNode : public Node {
 public:
  ScaledDotNode(const Variable& q, const Variable& k, const Variable& v, const Heads& heads,
                Tensor weights)
      : Node({q, k, v}),
        q_(q.value()),
        k_(k.value()),
        v_(v.value()),
        heads_(heads),
        weights_(std::move(weights)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(q_.dtype(), [&](auto zero) { send<decltype(zero)>(grads[0].data<decltype(zero)>()); });
  }

 private:
  template <class T>
  T* target(int i) const {
    return input(i).requires_grad() ? input(i).grad_buffer().data<T>() : nullptr;
  }

  template <class T>
  void send(const T* grad) {
    const auto [batch, queries, keys, size, count] = heads_;
    const int64_t d = heads_.width(), area = queries * keys;
    T *const dq = target<T>(0), *const dk = target<T>(1), *const dv = target<T>(2);
    heads_.for_heads([&, this](int64_t i) {
      const T* const p = weights_.data<T>() + i * area;
      const int64_t at = heads_.query(i), from = heads_.key(i);
      if (dv)
        gemm(Trans::yes, Trans::no, keys, d, queries, p, keys, grad + at, size, dv + from, size,
             true);
      if (!dq && !dk) return;
      Tensor slopes = Tensor::uninitialized({queries, keys}, dtype_of<T>);
      T* const s = slopes.data<T>();
      gemm(Trans::no, Trans::yes, queries, keys, d, grad + at, size, v_.data<T>() + from, size, s,
           keys, false);
      for (int64_t t = 0; t < queries; ++t)
        softmax_row_gradient(p + t * keys, s + t * keys, s + t * keys, keys);
      for (int64_t j = 0; j < area; ++j) s[j] *= static_cast<T>(heads_.scale());
      if (dq)
        gemm(Trans::no, Trans::no, queries, d, keys, s, keys, k_.data<T>() + from, size, dq + at,
             size, true);
      if (dk)
        gemm(Trans::yes, Trans::no, keys, d, queries, s, keys, q_.data<T>() + at, size, dk + from,
             size, true);
    });
  }

  Tensor q_, k_, v_;
  Heads heads_;
  Tensor weights_;
};

Heads heads_of(const Variable& q, const Variable& k, const Variable& v, int heads) {
  const Shape &a = q.shape(), &b = k.shape();
  const bool fits = a.rank() == 3 && b.rank() == 3 && b == v.shape() && a[0] == b[0] &&
                    a[2] == b[2] && heads > 0 && a[2] % heads == 0 && q.dtype() == k.dtype() &&
                    q.dtype() == v.dtype();
  if (!fits)
    fail_config("autograd.attention", "scaled_dot_attention",
                "queries of shape " + a.to_string() + ", keys of shape " + b.to_string() +
                    " and values of shape " + v.shape().to_string() + " do not fit " +
                    std::to_string(heads) + " heads",
                "they are [B,T,E], [B,S,E] and [B,S,E], and the heads divide E");
  return {a[0], a[1], b[1], a[2], heads};
}

// The softmax of each query over the keys that it may see.
template <class T>
void weigh(T* scores, const Heads& heads, const AttentionMask& mask, int64_t head) {
  const float* const allowed = mask.allowed.defined()
                                   ? mask.allowed.data<float>() + head / heads.heads * heads.keys
                                   : nullptr;
  for (int64_t t = 0; t < heads.queries; ++t) {
    T* const row = scores + t * heads.keys;
    const int64_t seen = mask.causal ? std::min(t + 1, heads.keys) : heads.keys;
    for (int64_t s = 0; s < seen; ++s) row[s] *= static_cast<T>(heads.scale());
    softmax_row(row, allowed, row, seen);
    std::fill(row + seen, row + heads.keys, T{0});
  }
}

}  // namespace

Variable scaled_dot_attention(const Variable& q, const Variable& k, const Variable& v, int heads,
                              const AttentionMask& mask, Tensor* weights) {
  const Heads parts = heads_of(q, k, v, heads);
  const auto [batch, queries, keys, size, count] = parts;
  Tensor p = Tensor::uninitialized({batch, count, queries, keys}, q.dtype());
  Tensor out = Tensor::uninitialized(q.shape(), q.dtype());
  dispatch(q.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const int64_t d = parts.width(), rows = parts.queries, columns = parts.keys,
                  stride = parts.size;
    const T *a = q.value().data<T>(), *b = k.value().data<T>(), *c = v.value().data<T>();
    T *const scores = p.data<T>(), *const to = out.data<T>();
    parts.for_heads([=, &parts, &mask](int64_t i) {
      T* const s = scores + i * rows * columns;
      gemm(Trans::no, Trans::yes, rows, columns, d, a + parts.query(i), stride, b + parts.key(i),
           stride, s, columns, false);
      weigh(s, parts, mask, i);
      gemm(Trans::no, Trans::no, rows, d, columns, s, columns, c + parts.key(i), stride,
           to + parts.query(i), stride, false);
    });
  });
  if (weights) *weights = p;
  return Variable::from_node(
      out, needs_node({q, k, v}) ? new ScaledDotNode(q, k, v, parts, p) : nullptr);
}

Variable additive_scores(const Variable& query, const Variable& keys, const Variable& v) {
  check(query, keys, v);
  const Sizes sizes(keys.shape());
  Tensor out = Tensor::uninitialized({sizes.batch, sizes.steps}, keys.dtype());
  Tensor curve = Tensor::uninitialized(keys.shape(), keys.dtype());
  dispatch(keys.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *q = query.value().data<T>(), *k = keys.value().data<T>(), *w = v.value().data<T>();
    T *const to = out.data<T>(), *const y = curve.data<T>();
    const int64_t width = sizes.width, steps = sizes.steps;
    sizes.for_rows([=](int64_t row) {
      for (int64_t s = row * steps; s < (row + 1) * steps; ++s) {
        T* const at = y + s * width;
        for (int64_t a = 0; a < width; ++a) at[a] = q[row * width + a] + k[s * width + a];
        vector_tanh(at, at, width);
        to[s] = static_cast<T>(vector_dot(w, at, width));
      }
    });
  });
  return Variable::from_node(
      out, needs_node({query, keys, v}) ? new AdditiveScoresNode(query, keys, v, curve) : nullptr);
}

}  // namespace sluice
