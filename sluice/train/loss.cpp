#include "sluice/train/loss.h"

#include <vector>

#include "sluice/base/error.h"
#include "sluice/tensor/elementwise.h"
#include "sluice/train/loss_mean.h"

namespace sluice {

namespace {

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

// Numbers of a prediction for each target; 0 where the shapes do not fit.
int64_t width_of(const Shape& prediction, const Shape& target) {
  const int end = target.rank() - 1;
  if (end < 0 || prediction.rank() <= end || prediction.rank() > end + 2) return 0;
  for (int axis = 0; axis < end; ++axis)
    if (prediction[axis] != target[axis]) return 0;
  const int64_t last = target[end], given = prediction[end];
  if (prediction.rank() == end + 2) return given == last ? prediction[end + 1] : 0;
  return last > 0 && given % last == 0 ? given / last : 0;
}

void check_padding(const Shape& shape, const Padding& padding) {
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

}  // namespace

int64_t check_loss_shapes(const Variable& prediction, const Tensor& target, const Padding& padding,
                          int outputs) {
  const int64_t width = prediction.shape() == target.shape() && outputs == 1
                            ? 1
                            : width_of(prediction.shape(), target.shape());
  if (width == 0 || (outputs != 0 && width != outputs) || prediction.dtype() != target.dtype())
    fail_config("train.loss_shape", "loss",
                "predictions of shape " + prediction.shape().to_string() +
                    " cannot be compared with targets of shape " + target.shape().to_string(),
                outputs == 0 ? "let the last layer give one number for each class"
                : outputs == 1
                    ? "let the last layer give as many numbers as a target has"
                    : "let the last layer give " + std::to_string(outputs) + " numbers for each");
  if (!padding.lengths.empty()) check_padding(target.shape(), padding);
  return width;
}

Node* loss_node(const Variable& prediction, const Tensor& slopes) {
  return new LossNode(prediction, slopes);
}

int64_t counted_elements(const Shape& shape, const Padding& padding) {
  if (padding.lengths.empty()) return shape.numel();
  int64_t steps = 0;
  for (int length : padding.lengths) steps += length;
  const int64_t cells = shape[0] * shape[1];
  return cells ? steps * (shape.numel() / cells) : 0;
}

int64_t Loss::counted(const Tensor& target, const Padding& padding) const {
  return counted_elements(target.shape(), padding);
}

bool Loss::counts(double) const { return true; }

Tensor Loss::point(const Tensor& prediction, const Shape& target) const {
  const Tensor all = parameters(prediction);
  const int64_t width = all.numel() / std::max<int64_t>(1, target.numel());
  if (width == 1 && outputs() == 1) return all.reshape(target);
  Tensor points = Tensor::uninitialized(target, all.dtype());
  dispatch(all.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* row = all.data<T>();
    for (T& point : points.values<T>()) {
      point = outputs() == 0 ? static_cast<T>(std::max_element(row, row + width) - row)
                             : row[point_index()];
      row += width;
    }
  });
  return points;
}

std::unique_ptr<Loss> make_loss(const std::string& name, const Options& options) {
  const auto& row = find_row(loss_registry(), name, "loss");
  std::unique_ptr<Loss> loss = row.make(options);
  options.finish();
  return loss;
}

}  // namespace sluice
