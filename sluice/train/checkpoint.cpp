#include "sluice/train/checkpoint.h"

#include <string_view>

#include "sluice/base/error.h"

namespace sluice {

namespace {

Tensor of_numbers(const std::vector<double>& numbers) {
  return Tensor::from(std::span<const double>(numbers), {static_cast<int64_t>(numbers.size())});
}

std::vector<double> to_numbers(const Tensor& tensor) {
  std::vector<double> numbers;
  for (int64_t i = 0; i < tensor.numel(); ++i) numbers.push_back(tensor.item(i));
  return numbers;
}

// Texts as one number a byte: a file of tensors needs no second kind of content.
Tensor of_text(const std::string& text) {
  Tensor tensor = Tensor::uninitialized({static_cast<int64_t>(text.size())});
  for (size_t i = 0; i < text.size(); ++i)
    tensor.data<float>()[i] = static_cast<float>(static_cast<unsigned char>(text[i]));
  return tensor;
}

std::string to_text(const Tensor& tensor) {
  std::string text;
  for (int64_t i = 0; i < tensor.numel(); ++i)
    text += static_cast<char>(static_cast<unsigned char>(tensor.item(i)));
  return text;
}

void append(NamedTensors& all, const std::string& prefix, const NamedTensors& part) {
  for (const auto& [name, tensor] : part) all.emplace_back(prefix + name, tensor);
}

NamedTensors part_of(const NamedTensors& all, std::string_view prefix) {
  NamedTensors part;
  for (const auto& [name, tensor] : all)
    if (name.starts_with(prefix)) part.emplace_back(name.substr(prefix.size()), tensor);
  return part;
}

const Tensor& find(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors)
    if (known == name) return tensor;
  fail_data("train.state", name, "the training state has no such part",
            "use a file that was written from a whole training state");
}

}  // namespace

NamedTensors to_tensors(const TrainingState& state) {
  const History& history = state.history;
  NamedTensors all;
  append(all, "model/", state.model);
  append(all, "optimizer/", state.optimizer);
  append(all, "average/", state.average);
  append(all, "best/", state.best_model);
  all.emplace_back("training/numbers",
                   of_numbers({static_cast<double>(state.epoch), static_cast<double>(state.update),
                               state.best_loss, static_cast<double>(history.best_epoch),
                               history.interrupted ? 1.0 : 0.0, history.stopped_early ? 1.0 : 0.0,
                               history.restored_best ? 1.0 : 0.0}));
  all.emplace_back("training/generator", of_text(state.generator));
  all.emplace_back("training/ending", of_text(history.ending));
  all.emplace_back("training/loss", of_numbers(history.loss));
  all.emplace_back("training/val_loss", of_numbers(history.val_loss));
  all.emplace_back("training/learning_rate", of_numbers(history.learning_rate));
  all.emplace_back("training/seconds", of_numbers(history.seconds));
  for (const MetricHistory& metric : history.metrics) {
    all.emplace_back("training/metric/" + metric.name, of_numbers(metric.train));
    all.emplace_back("training/val_metric/" + metric.name, of_numbers(metric.val));
  }
  return all;
}

TrainingState from_tensors(const NamedTensors& tensors) {
  const std::vector<double> numbers = to_numbers(find(tensors, "training/numbers"));
  if (numbers.size() != 7)
    fail_data("train.state", "training/numbers",
              "it holds " + std::to_string(numbers.size()) + " numbers instead of 7",
              "use a file that was written from a whole training state");
  TrainingState state;
  state.epoch = static_cast<int>(numbers[0]);
  state.update = static_cast<uint64_t>(numbers[1]);
  state.best_loss = numbers[2];
  state.generator = to_text(find(tensors, "training/generator"));
  state.model = part_of(tensors, "model/");
  state.optimizer = part_of(tensors, "optimizer/");
  state.average = part_of(tensors, "average/");
  state.best_model = part_of(tensors, "best/");
  History& history = state.history;
  history.best_epoch = static_cast<int>(numbers[3]);
  history.interrupted = numbers[4] != 0;
  history.stopped_early = numbers[5] != 0;
  history.restored_best = numbers[6] != 0;
  history.ending = to_text(find(tensors, "training/ending"));
  history.loss = to_numbers(find(tensors, "training/loss"));
  history.val_loss = to_numbers(find(tensors, "training/val_loss"));
  history.learning_rate = to_numbers(find(tensors, "training/learning_rate"));
  history.seconds = to_numbers(find(tensors, "training/seconds"));
  for (const auto& [name, train] : part_of(tensors, "training/metric/"))
    history.metrics.push_back(
        {name, to_numbers(train), to_numbers(find(tensors, "training/val_metric/" + name))});
  return state;
}

}  // namespace sluice
