#include "sluice/layers/sequential.h"

#include <utility>

#include "sluice/base/error.h"
#include "sluice/layers/registry.h"

namespace sluice {

void Sequential::push_back(std::unique_ptr<Module> layer) {
  if (!layer) fail_config("layer.undefined", "Sequential", "a layer is null", "make it first");
  add(std::to_string(layers_.size()), *layer);
  layers_.push_back(std::move(layer));
}

Variable Sequential::forward(const Variable& x, const Padding& padding) {
  Variable value = x;
  for (const auto& layer : layers_) value = layer->forward(value, padding);
  return value;
}

int Sequential::output_size(int input_size) const {
  for (const auto& layer : layers_) input_size = layer->output_size(input_size);
  return input_size;
}

std::unique_ptr<Sequential> make_sequential(const std::vector<LayerChoice>& layers, int input_size,
                                            Generator& generator) {
  auto model = std::make_unique<Sequential>();
  for (const LayerChoice& choice : layers) {
    model->push_back(make_layer(choice.name, choice.options, input_size, generator));
    input_size = (*model)[model->size() - 1].output_size(input_size);
  }
  MaskKey key{generator.initial_seed(), 0, 0};
  model->set_mask_key(key);
  return model;
}

}  // namespace sluice
