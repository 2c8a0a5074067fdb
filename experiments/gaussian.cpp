#include "experiments/gaussian.h"

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"

namespace sluice::experiment {

Gaussian gaussian_of(const Variable& x) {
  const int64_t size = x.shape()[-1] / 2;
  return {slice(x, -1, 0, size), softplus(slice(x, -1, size, 2 * size)) + 1e-4};
}

Variable draw(const Gaussian& from, Generator& noise) {
  Tensor normal(from.mean.shape(), from.mean.dtype());
  dispatch(normal.dtype(), [&](auto zero) { noise.normal(normal.values<decltype(zero)>()); });
  return from.mean + from.deviation * normal;
}

Variable divergence(const Gaussian& q, const Gaussian& p) {
  const Variable distance = square((q.mean - p.mean) / p.deviation);
  const Variable ratio = square(q.deviation / p.deviation);
  return sum(distance + ratio - log(ratio) - 1, -1) * 0.5;
}

Variable divergence(const Gaussian& q) {
  const Variable spread = square(q.deviation);
  return sum(square(q.mean) + spread - log(spread) - 1, -1) * 0.5;
}

Variable answer_costs(const Variable& logits, const Tensor& truth) {
  return sum(softplus(logits) - logits * truth, -1);
}

}  // namespace sluice::experiment
