// The parameters, mode and number type of a stack: those of its layers.
#include <string>

#include "sluice/base/error.h"
#include "sluice/layers/parameter.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {

namespace {

/// "weight_ih_l0_reverse" of a layer alone is "weight_ih_l2_reverse" of layer 2 of a stack.
std::string name_in_stack(const std::string& name, size_t layer) {
  const size_t at = name.rfind("_l0");
  return name.substr(0, at) + "_l" + std::to_string(layer) + name.substr(at + 3);
}

void append(NamedTensors& all, NamedTensors part, size_t layer) {
  for (auto& [name, tensor] : part) all.emplace_back(name_in_stack(name, layer), std::move(tensor));
}

}  // namespace

std::vector<Variable> StackedRecurrent::parameters() const {
  std::vector<Variable> all;
  for (const StackedLayer& layer : layers_)
    for (Variable& parameter : layer.cells->parameters()) all.push_back(std::move(parameter));
  return all;
}

NamedTensors StackedRecurrent::state() const {
  NamedTensors all;
  for (size_t i = 0; i < layers_.size(); ++i) append(all, layers_[i].cells->state(), i);
  return all;
}

NamedTensors StackedRecurrent::gradients() const {
  NamedTensors all;
  for (size_t i = 0; i < layers_.size(); ++i) append(all, layers_[i].cells->gradients(), i);
  return all;
}

void StackedRecurrent::load_state(const NamedTensors& given) {
  refuse_strangers(given, state());
  for (size_t i = 0; i < layers_.size(); ++i) {
    NamedTensors part;
    for (const auto& [name, tensor] : layers_[i].cells->state())
      part.emplace_back(name, find_tensor(given, name_in_stack(name, i)));
    try {
      layers_[i].cells->load_state(part);
    } catch (const Error& error) {  // the layer takes itself for the first
      throw Error(error.code, error.id, name_in_stack(error.where, i), error.message, error.hint);
    }
  }
}

void StackedRecurrent::train(bool on) {
  Module::train(on);
  for (const StackedLayer& layer : layers_) layer.cells->train(on);
  for (Dropout& dropout : dropouts_) dropout.train(on);
}

bool StackedRecurrent::keep_masks(bool on) {
  bool any = Module::keep_masks(on);
  for (const StackedLayer& layer : layers_) any |= layer.cells->keep_masks(on);
  for (Dropout& dropout : dropouts_) any |= dropout.keep_masks(on);
  return any;
}

void StackedRecurrent::to(DType dtype) {
  for (const StackedLayer& layer : layers_) layer.cells->to(dtype);
}

/// The layers come first: masks inside the recurrence are then those of a plain stack.
void StackedRecurrent::set_mask_key(MaskKey& key) {
  for (const StackedLayer& layer : layers_) layer.cells->set_mask_key(key);
  for (Dropout& dropout : dropouts_) dropout.set_mask_key(key);
}

}  // namespace sluice
