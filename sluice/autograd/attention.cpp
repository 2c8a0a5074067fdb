#include "sluice/autograd/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/additive_slope.h"
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
    const Shape per_row{sizes.batch, sizes.width};
    Tensor query = Tensor::uninitialized(per_row, curve_.dtype());
    Tensor v = Tensor::uninitialized(per_row, curve_.dtype());
    const Target<T> keys = target_of<T>(input(1));
    const T *curve = curve_.data<T>(), *grad = grads.data<T>(), *weight = v_.data<T>();
    T *const dquery = query.data<T>(), *const dv = v.data<T>();
    const int64_t width = sizes.width, steps = sizes.steps;
    sizes.for_rows([=](int64_t row) {
      const int64_t first = row * steps * width;
      additive_slope({steps, width, curve + first, grad + row * steps, weight,
                      keys.at ? keys.at + first : nullptr, keys.add, dquery + row * width,
                      dv + row * width});
    });
    if (input(0).requires_grad()) input(0).accumulate_grad(query);
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

// Heads are columns of the rows of q, k and v: products with strides find them where they stand,
// three tensors or one that holds the three beside each other.
struct Heads {
  int64_t batch, queries, keys, size, heads;
  int64_t stride;  // from one row of q, k or v to the next

  int64_t width() const { return size / heads; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(width())); }
  int64_t query(int64_t i) const { return i / heads * queries * stride + i % heads * width(); }
  int64_t key(int64_t i) const { return i / heads * keys * stride + i % heads * width(); }
  int64_t result(int64_t i) const { return i / heads * queries * size + i % heads * width(); }
  /// Calls body(i) for every head of every row, by threads where it is worth it.
  template <class Body>
  void for_heads(const Body& body) const {
    for_pieces(batch * heads, batch * queries * keys * size >= least_parallel, body);
  }
};

template <class T>
struct Places {
  const T *q, *k, *v;
};
template <class T>
Places<T> places_in(const Tensor& packed, int64_t size) {
  const T* const first = packed.data<T>();
  return {first, first + size, first + 2 * size};
}

template <class T>
struct Targets {
  Target<T> q, k, v;
};

// The softmax of each query over the keys that it may see.
template <class T>
void weigh(T* scores, const Heads& heads, const AttentionMask& mask, int64_t head) {
  const float* const allowed = mask.allowed.defined()
                                   ? mask.allowed.data<float>() + head / heads.heads * heads.keys
                                   : nullptr;
  for (int64_t t = 0; t < heads.queries; ++t) {
    T* const row = scores + t * heads.keys;
    const int64_t seen = mask.causal ? std::min(t + 1, heads.keys) : heads.keys;
    softmax_row(row, allowed, row, seen, static_cast<T>(heads.scale()));
    std::fill(row + seen, row + heads.keys, T{0});
  }
}

// One head's weights p [queries, keys] and result.
template <class T>
void head_forward(const Heads& heads, int64_t i, const Places<T>& from, const AttentionMask& mask,
                  T* p, T* result) {
  const int64_t d = heads.width(), queries = heads.queries, keys = heads.keys;
  const int64_t stride = heads.stride;
  gemm(Trans::no, Trans::yes, queries, keys, d, from.q + heads.query(i), stride,
       from.k + heads.key(i), stride, p, keys, false);
  weigh(p, heads, mask, i);
  gemm(Trans::no, Trans::no, queries, d, keys, p, keys, from.v + heads.key(i), stride,
       result + heads.result(i), heads.size, false);
}

// Its gradients, v's before those of q and k.
template <class T>
void head_backward(const Heads& heads, int64_t i, const Places<T>& from, const T* p, const T* grad,
                   const Targets<T>& to) {
  const int64_t d = heads.width(), queries = heads.queries, keys = heads.keys;
  const int64_t stride = heads.stride, query = heads.query(i), key = heads.key(i);
  grad += heads.result(i);
  if (to.v.at)
    gemm(Trans::yes, Trans::no, keys, d, queries, p, keys, grad, heads.size, to.v.at + key, stride,
         to.v.add);
  if (!to.q.at && !to.k.at) return;
  Tensor slopes = Tensor::uninitialized({queries, keys}, dtype_of<T>);
  T* const s = slopes.data<T>();
  gemm(Trans::no, Trans::yes, queries, keys, d, grad, heads.size, from.v + key, stride, s, keys,
       false);
  for (int64_t t = 0; t < queries; ++t)
    softmax_row_gradient(p + t * keys, s + t * keys, s + t * keys, keys,
                         static_cast<T>(heads.scale()));
  if (to.q.at)
    gemm(Trans::no, Trans::no, queries, d, keys, s, keys, from.k + key, stride, to.q.at + query,
         stride, to.q.add);
  if (to.k.at)
    gemm(Trans::yes, Trans::no, keys, d, queries, s, keys, from.q + query, stride, to.k.at + key,
         stride, to.k.add);
}

// q, k and v are three inputs, or one that holds them beside each other.
class ScaledDotNode : public Node {
 public:
  ScaledDotNode(const Variable& q, const Variable& k, const Variable& v, const Heads& heads,
                Tensor weights)
      : Node({q, k, v}),
        values_{q.value(), k.value(), v.value()},
        heads_(heads),
        weights_(std::move(weights)) {}
  ScaledDotNode(const Variable& packed, const Heads& heads, Tensor weights)
      : Node({packed}),
        values_{packed.value(), {}, {}},
        heads_(heads),
        weights_(std::move(weights)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(weights_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if (input_count() == 1) {
        const auto [first, add] = target_of<T>(input(0));
        const int64_t size = heads_.size;
        send<T>(places_in<T>(values_[0], size), grads[0],
                {{first, add}, {first + size, add}, {first + 2 * size, add}});
      } else {
        // The three may be one variable: v's is asked for first, as a head writes it first.
        const Target<T> v = target_of<T>(input(2)), q = target_of<T>(input(0));
        send<T>({values_[0].data<T>(), values_[1].data<T>(), values_[2].data<T>()}, grads[0],
                {q, target_of<T>(input(1)), v});
      }
    });
  }

 private:
  template <class T>
  void send(const Places<T>& from, const Tensor& grad, const Targets<T>& to) {
    const T *const p = weights_.data<T>(), *const arrived = grad.data<T>();
    const int64_t area = heads_.queries * heads_.keys;
    heads_.for_heads(
        [=, this](int64_t i) { head_backward(heads_, i, from, p + i * area, arrived, to); });
  }

  std::array<Tensor, 3> values_;
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
  return {a[0], a[1], b[1], a[2], heads, a[2]};
}

// The heads' weights [B,heads,T,S], and their results beside each other.
template <class T>
Tensor attend(const Heads& heads, const Places<T>& from, const AttentionMask& mask, Tensor& p) {
  p = Tensor::uninitialized({heads.batch, heads.heads, heads.queries, heads.keys}, dtype_of<T>);
  Tensor out = Tensor::uninitialized({heads.batch, heads.queries, heads.size}, dtype_of<T>);
  T *const weights = p.data<T>(), *const result = out.data<T>();
  const int64_t area = heads.queries * heads.keys;
  heads.for_heads([=, &heads, &mask](int64_t i) {
    head_forward(heads, i, from, mask, weights + i * area, result);
  });
  return out;
}

}  // namespace

Variable scaled_dot_attention(const Variable& q, const Variable& k, const Variable& v, int heads,
                              const AttentionMask& mask, Tensor* weights) {
  const Heads parts = heads_of(q, k, v, heads);
  Tensor p, out;
  dispatch(q.dtype(), [&](auto zero) {
    using T = decltype(zero);
    out =
        attend<T>(parts, {q.value().data<T>(), k.value().data<T>(), v.value().data<T>()}, mask, p);
  });
  if (weights) *weights = p;
  return Variable::from_node(
      out, needs_node({q, k, v}) ? new ScaledDotNode(q, k, v, parts, p) : nullptr);
}

Variable scaled_dot_attention(const Variable& packed, int heads, const AttentionMask& mask,
                              Tensor* weights) {
  const Shape& shape = packed.shape();
  if (shape.rank() != 3 || heads < 1 || shape[2] % (3 * heads) != 0)
    fail_config("autograd.attention", "scaled_dot_attention",
                "an input of shape " + shape.to_string() + " does not hold queries, keys and " +
                    "values of " + std::to_string(heads) + " heads",
                "it is [B,T,3E], and the heads divide E");
  const Heads parts{shape[0], shape[1], shape[1], shape[2] / 3, heads, shape[2]};
  Tensor p, out;
  dispatch(packed.dtype(), [&](auto zero) {
    using T = decltype(zero);
    out = attend<T>(parts, places_in<T>(packed.value(), parts.size), mask, p);
  });
  if (weights) *weights = p;
  return Variable::from_node(out,
                             needs_node({packed}) ? new ScaledDotNode(packed, parts, p) : nullptr);
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
