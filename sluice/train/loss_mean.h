// How a loss is put together from what one run of targets costs.
#pragma once

#include <algorithm>
#include <utility>

#include "sluice/autograd/node.h"
#include "sluice/tensor/chunk.h"
#include "sluice/train/loss.h"

namespace sluice {

/// Throws unless the prediction has `outputs` numbers (0: any number) for each target and the
/// padding describes the target; returns how many it has.
int64_t check_loss_shapes(const Variable& prediction, const Tensor& target, const Padding& padding,
                          int outputs);

/// Calls body(begin, end) for the targets of a row that are real steps, run by run.
template <class Body>
void for_each_run(const Shape& shape, const Padding& padding, int64_t row, Body&& body) {
  const int64_t steps = shape[1], inner = shape.numel() / (shape[0] * steps), first = row * steps;
  const int64_t length = padding.lengths[static_cast<size_t>(row)];
  if (padding.real.empty()) {
    const int64_t begin = first + (padding.left ? steps - length : 0);
    return body(begin * inner, (begin + length) * inner);
  }
  const uint8_t* const real = padding.real.data();
  for (int64_t t = first; t < first + steps; ++t) {
    const int64_t begin = t;
    while (t < first + steps && real[t]) ++t;
    if (t > begin) body(begin * inner, t * inner);
  }
}

/// Sum over the targets that are not padding of what body(begin, end) returns; `width` numbers are
/// read for each, which says how many make a chunk.
template <class Body>
double sum_real(const Shape& shape, const Padding& padding, int64_t width, Body&& body) {
  const bool whole = padding.lengths.empty();
  const int64_t chunk = whole ? std::max<int64_t>(1, chunk_size / width) : 1;
  const int64_t pieces = whole ? (shape.numel() + chunk - 1) / chunk : shape[0];
  const auto piece = [&](int64_t i) {
    if (whole) return body(i * chunk, std::min((i + 1) * chunk, shape.numel()));
    double total = 0;
    for_each_run(shape, padding, i, [&](int64_t begin, int64_t end) { total += body(begin, end); });
    return total;
  };
  return sum_pieces(pieces, shape.numel() * width >= least_parallel, piece);
}

/// The node of a loss whose slopes were found together with its value; null if none is wanted.
Node* loss_node(const Variable& prediction, const Tensor& slopes);

/// The mean of a rule over the targets. A rule's cost(guess, truth, slopes, begin, end, share) sums
/// what the targets [begin, end) cost and, where slopes is not null, writes their slopes · share.
template <class Rule>
Variable mean_loss(const Rule& rule, const Variable& prediction, const Tensor& target,
                   const Padding& padding, int64_t width, int64_t counted) {
  const double share = 1.0 / static_cast<double>(std::max<int64_t>(1, counted));
  Tensor slopes;
  if (needs_node({prediction}))
    slopes = padding.lengths.empty() ? Tensor::uninitialized(prediction.shape(), target.dtype())
                                     : Tensor(prediction.shape(), target.dtype());
  double total = 0;
  dispatch(target.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *guess = prediction.value().data<T>(), *truth = target.data<T>();
    T* const slope = slopes.defined() ? slopes.data<T>() : nullptr;
    total = sum_real(target.shape(), padding, width, [&](int64_t begin, int64_t end) {
      return rule.cost(guess, truth, slope, begin, end, static_cast<T>(share));
    });
  });
  return Variable::from_node(Tensor::full({1}, total * share, target.dtype()),
                             slopes.defined() ? loss_node(prediction, slopes) : nullptr);
}

/// A loss that is the mean of a rule; Rule::outputs is how many numbers it takes for each target.
template <class Rule>
class RuleLoss : public Loss {
 public:
  explicit RuleLoss(Rule rule) : rule_(std::move(rule)) {}

  Variable operator()(const Variable& prediction, const Tensor& target,
                      const Padding& padding) const override {
    const int64_t width = check_loss_shapes(prediction, target, padding, outputs());
    return mean_loss(rule_, prediction, target, padding, width, counted(target, padding));
  }
  int outputs() const override { return rule_.outputs(); }

 protected:
  Rule rule_;
};

}  // namespace sluice
