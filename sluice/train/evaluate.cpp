// Models at work, without training.
#include <algorithm>

#include "sluice/base/error.h"
#include "sluice/train/batch.h"
#include "sluice/train/trainer.h"

namespace sluice {

namespace {

// Evaluation mode and no recording until the end of the scope.
class Evaluation {
 public:
  explicit Evaluation(Module& model) : model_(model), was_training_(model.training()) {
    model_.eval();
  }
  ~Evaluation() { model_.train(was_training_); }
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

 private:
  Module& model_;
  bool was_training_;
  NoGrad no_grad_;
};

template <class Body>
void for_batches(const Dataset& data, int batch_size, Body&& body) {
  const int64_t width = batch_size > 0 ? batch_size : data.size();
  Batch batch;
  for (int64_t begin = 0; begin < data.size(); begin += width) {
    batch.gather_range(data, begin, std::min(begin + width, data.size()));
    body(begin, batch);
  }
}

/// Masks in evaluation mode until the end of the scope.
class Masks {
 public:
  explicit Masks(Module& model) : model_(model) {
    if (model_.keep_masks(true)) return;
    model_.keep_masks(false);
    fail_config("train.no_masks", "Monte-Carlo dropout", "the model drops nothing",
                "give one of its layers a dropout, for example {gru: {variational_hidden: 0.2}}");
  }
  ~Masks() { model_.keep_masks(false); }
  Masks(const Masks&) = delete;
  Masks& operator=(const Masks&) = delete;

 private:
  Module& model_;
};

Tensor run(Module& model, const Tensor& x, const Padding& padding, int batch_size) {
  const Dataset data{x, {}, padding};
  Tensor all;
  for_batches(data, batch_size, [&](int64_t begin, const Batch& batch) {
    const Tensor part = model.forward(batch.x(), batch.padding()).value();
    if (!all.defined()) {
      Shape shape = part.shape();
      shape.set(0, data.size());
      all = Tensor::uninitialized(shape, part.dtype());
    }
    dispatch(part.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto values = part.values<T>();
      std::copy(values.begin(), values.end(),
                all.data<T>() + begin * (part.numel() / part.size(0)));
    });
  });
  return all;
}

}  // namespace

Tensor predict(Module& model, const Tensor& x, const Padding& padding, int batch_size) {
  const Evaluation evaluation(model);
  return run(model, x, padding, batch_size);
}

Tensor predict_with_masks(Module& model, const Tensor& x, MaskKey key, const Padding& padding,
                          int batch_size) {
  const Evaluation evaluation(model);
  const Masks masks(model);
  model.set_mask_key(key);
  return run(model, x, padding, batch_size);
}

double evaluate(Module& model, const Dataset& data, const std::string& loss, int batch_size) {
  return evaluate(model, data, *make_loss(loss), batch_size);
}

double evaluate(Module& model, const Dataset& data, const Loss& loss, int batch_size,
                ScoreSums* scores) {
  check_dataset(data, "validation data");
  const Evaluation evaluation(model);
  double total = 0;
  int64_t counted = 0;
  for_batches(data, batch_size, [&](int64_t, const Batch& batch) {
    const Padding& padding = batch.target_padding();
    const Variable prediction = model.forward(batch.x(), batch.padding());
    const double value = loss(prediction, batch.y(), padding).value().item();
    if (scores) scores->add(loss, value, prediction.value(), batch.y(), padding);
    const int64_t targets = loss.counted(batch.y(), padding);
    total += value * static_cast<double>(targets);
    counted += targets;
  });
  return total / static_cast<double>(std::max<int64_t>(1, counted));
}

}  // namespace sluice
