#include "sluice/layers/sequential.h"

#include <algorithm>
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
  for (const auto& layer : layers_) value = (*layer)(value, padding);
  return value;
}

int Sequential::output_size(int input_size) const {
  for (const auto& layer : layers_) input_size = layer->output_size(input_size);
  return input_size;
}

namespace {

bool must_know_steps(const LayerChoice& choice) {
  const auto& options = find_row(layer_registry(), choice.name, "layer").options;
  const auto is_steps = [](const OptionDoc& doc) { return doc.name == "steps"; };
  return std::any_of(options.begin(), options.end(), is_steps) && !choice.options.has("steps");
}

std::unique_ptr<Sequential> make(const std::vector<LayerChoice>& layers, int input_size,
                                 const Shape* input, Generator& generator) {
  auto model = std::make_unique<Sequential>();
  for (LayerChoice choice : layers) {
    if (input && must_know_steps(choice))
      choice.options.set("steps", std::to_string(shape_behind(*model, *input)[1]));
    model->push_back(make_layer(choice.name, choice.options, input_size, generator));
    input_size = (*model)[model->size() - 1].output_size(input_size);
  }
  MaskKey key{generator.initial_seed(), 0, 0};
  model->set_mask_key(key);
  return model;
}

}  // namespace

std::unique_ptr<Sequential> make_sequential(const std::vector<LayerChoice>& layers,
                                            const Shape& input, Generator& generator) {
  return make(layers, static_cast<int>(input[-1]), &input, generator);
}

std::unique_ptr<Sequential> make_sequential(const std::vector<LayerChoice>& layers, int input_size,
                                            Generator& generator) {
  return make(layers, input_size, nullptr, generator);
}

}  // namespace sluice
