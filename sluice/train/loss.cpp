#include "sluice/train/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/elementwise.h"

namespace sluice {

namespace {

// A rule is what one error costs and the slope of that.
struct Squared {
  template <class T>
  static T cost(T error) {
    return error * error;
  }
  template <class T>
  static T slope(T error) {
    return T(2) * error;
  }
};

struct Absolute {
  template <class T>
  static T cost(T error) {
    return std::abs(error);
  }
  template <class T>
  static T slope(T error) {
    if (error != error) return error;
    return static_cast<T>((error > 0) - (error < 0));
  }
};

// Calls body(begin, end) for every run of real steps of a row: elements of the whole tensor.
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

// Calls body(begin, end) for the ranges that are not padding and sums what it returns, in order.
template <class Body>
double sum_real(const Shape& shape, const Padding& padding, Body&& body) {
  if (padding.lengths.empty()) return sum_chunks(shape.numel(), body);
  double total = 0;
  for (int64_t row = 0; row < shape[0]; ++row)
    for_each_run(shape, padding, row,
                 [&](int64_t begin, int64_t end) { total += body(begin, end); });
  return total;
}

// Holds the slopes of the loss, found together with its value.
class LossNode : public Node {
 public:
  LossNode(const Variable& prediction, Tensor slopes)
      : Node({prediction}), slopes_(std::move(slopes)) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const double factor = grads[0].item();
    if (factor != 1) {
      slopes_ = slopes_.clone();
      scale_in_place(slopes_, factor);
    }
    input(0).accumulate_grad(slopes_);
  }

 private:
  Tensor slopes_;
};

void check(const Variable& prediction, const Tensor& target, const Padding& padding) {
  if (!(prediction.shape() == target.shape()) || prediction.dtype() != target.dtype())
    fail_config("train.loss_shape", "loss",
                "predictions of shape " + prediction.shape().to_string() +
                    " cannot be compared with targets of shape " + target.shape().to_string(),
                "let the last layer give as many numbers as a target has");
  if (padding.lengths.empty()) return;
  const Shape& shape = target.shape();
  const bool fits =
      shape.rank() >= 2 && shape[0] == static_cast<int64_t>(padding.lengths.size()) &&
      std::all_of(padding.lengths.begin(), padding.lengths.end(),
                  [&](int length) { return length >= 0 && length <= shape[1]; }) &&
      (padding.real.empty() || static_cast<int64_t>(padding.real.size()) == shape[0] * shape[1]);
  if (!fits)
    fail_config("train.loss_padding", "loss",
                std::to_string(padding.lengths.size()) +
                    " lengths do not describe targets of shape " + shape.to_string(),
                "give one length for each row, of at most the number of steps");
}

template <class Rule>
Variable mean_loss(const Variable& prediction, const Tensor& target, const Padding& padding) {
  check(prediction, target, padding);
  const bool wanted = needs_node({prediction});
  const Shape& shape = target.shape();
  const double share =
      1.0 / static_cast<double>(std::max<int64_t>(1, counted_elements(shape, padding)));
  Tensor slopes;
  if (wanted)
    slopes = padding.lengths.empty() ? Tensor::uninitialized(shape, target.dtype())
                                     : Tensor(shape, target.dtype());
  double total = 0;
  dispatch(target.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *guess = prediction.value().data<T>(), *truth = target.data<T>();
    T* const slope = wanted ? slopes.data<T>() : nullptr;
    total = sum_real(shape, padding, [=](int64_t begin, int64_t end) {
      if (slope)
        for (int64_t i = begin; i < end; ++i)
          slope[i] = Rule::slope(guess[i] - truth[i]) * static_cast<T>(share);
      return sum_lanes(begin, end, [=](int64_t i) {
        return Rule::cost(static_cast<double>(guess[i]) - static_cast<double>(truth[i]));
      });
    });
  });
  return Variable::from_node(Tensor::full({1}, total * share, target.dtype()),
                             wanted ? new LossNode(prediction, slopes) : nullptr);
}

}  // namespace

int64_t counted_elements(const Shape& shape, const Padding& padding) {
  if (padding.lengths.empty()) return shape.numel();
  int64_t steps = 0;
  for (int length : padding.lengths) steps += length;
  const int64_t cells = shape[0] * shape[1];
  return cells ? steps * (shape.numel() / cells) : 0;
}

Variable mse_loss(const Variable& prediction, const Tensor& target, const Padding& padding) {
  return mean_loss<Squared>(prediction, target, padding);
}

Variable mae_loss(const Variable& prediction, const Tensor& target, const Padding& padding) {
  return mean_loss<Absolute>(prediction, target, padding);
}

std::span<const RegistryRow<LossFunction>> loss_registry() {
  static const std::vector<RegistryRow<LossFunction>> rows = {
      {"mse", "mean squared error", {}, mse_loss},
      {"mae", "mean absolute error", {}, mae_loss},
  };
  return rows;
}

LossFunction find_loss(const std::string& name) {
  return find_row(loss_registry(), name, "loss").make;
}

}  // namespace sluice
