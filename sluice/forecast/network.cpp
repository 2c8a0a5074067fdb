#include "sluice/forecast/network.h"

#include <fmt/core.h>

#include <algorithm>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/layers/registry.h"

namespace sluice {
namespace {

bool takes(const LayerChoice& layer, const std::string& option) {
  const auto& options = find_row(layer_registry(), layer.name, "layer").options;
  return std::any_of(options.begin(), options.end(),
                     [&](const OptionDoc& doc) { return doc.name == option; });
}

void set_if_open(LayerChoice& layer, const std::string& option, const std::string& value) {
  if (takes(layer, option) && !layer.options.has(option)) layer.options.set(option, value);
}

// Multiplies every parameter of a layer.
void scale_state(Module& module, double factor) {
  NamedTensors state = module.state();
  for (auto& [name, tensor] : state)
    dispatch(tensor.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (T& value : tensor.template values<T>()) value = static_cast<T>(value * factor);
    });
  module.load_state(state);
}

LayerChoice linear_layer(int outputs) {
  LayerChoice layer{"linear", Options("model")};
  layer.options.set("output_size", std::to_string(outputs));
  return layer;
}

bool is_linear_of(const LayerChoice& layer, int output_size) {
  return layer.name == "linear" && layer.options.get_int("output_size", 1) == output_size;
}

// A word stands for one recurrent layer and a head.
std::vector<LayerChoice> named_model(const Recipe& recipe) {
  LayerChoice layer{recipe.model.word, Options(recipe.where("model"))};
  if (!takes(layer, "hidden_size"))
    fail_config("config.model", recipe.where("model"),
                fmt::format("the layer \"{}\" is not a model on its own", layer.name),
                "name a recurrent one (gru, lstm, rnn) or write a list of layers");
  layer.options.set("hidden_size", std::to_string(recipe.hidden_size));
  layer.options.set("num_layers", std::to_string(recipe.num_layers));
  return {layer};
}

}  // namespace

NetworkShape network_shape(const Encoder& encoder) {
  const EncoderOptions& options = encoder.options();
  return {.steps = options.lookback_as_features ? 1 : options.lookback,
          .step_size = encoder.step_size(),
          .calendar_size = encoder.calendar_size(),
          .horizon = options.horizon,
          .every_step = options.whole_series};
}

std::vector<LayerChoice> layers_of(const Recipe& recipe, const NetworkShape& shape) {
  std::vector<LayerChoice> layers =
      recipe.model.layers.empty() ? named_model(recipe) : recipe.model.layers;
  bool more_follow = shape.every_step;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (!takes(*layer, "outputs")) continue;
    set_if_open(*layer, "outputs", more_follow ? "all" : "last");
    more_follow = true;
  }
  LayerChoice& last = layers.back();
  // A linear layer of no given size at the end is the head, not a narrow place before it.
  if (last.name == "linear") set_if_open(last, "output_size", std::to_string(shape.horizon));
  // One number for each step, flattened, is a head too. Whether the steps are enough, check() says.
  const bool has_head =
      is_linear_of(last, shape.horizon) ||
      (layers.size() > 1 && last.name == "flatten" && is_linear_of(layers[layers.size() - 2], 1));
  if (!has_head) layers.push_back(linear_layer(shape.horizon));
  for (LayerChoice& layer : layers) set_if_open(layer, "initialization", recipe.initialization);
  return layers;
}

Network::Network(const Recipe& recipe, const NetworkShape& shape, Generator& generator)
    : shape_(shape), linear_on_window_(recipe.linear_skip == "joint") {
  layers_ =
      make_sequential(layers_of(recipe, shape), Shape{1, shape.steps, shape.step_size}, generator);
  add("layers", *layers_);
  if (recipe.linear_skip != "none") scale_state(head(), 0.1);
  // Beside a frozen ridge the calendar is the ridge's business.
  if (linear_on_window_ || (shape.calendar_size > 0 && recipe.linear_skip == "none"))
    add_linear_part(generator);
  check();
}

void Network::add_linear_part(Generator& generator) {
  const int window = linear_on_window_ ? shape_.steps * shape_.step_size : 0;
  LayerChoice zero = linear_layer(shape_.horizon);
  zero.options.set("initialization", "zeros");
  linear_ = make_layer(zero.name, zero.options, window + shape_.calendar_size, generator);
  add("linear", *linear_);
}

Module& Network::head() {
  Module& last = (*layers_)[layers_->size() - 1];
  return last.parameters().empty() ? (*layers_)[layers_->size() - 2] : last;
}

void Network::check() const {
  const Shape input =
      shape_.every_step ? Shape{1, 2, shape_.step_size} : Shape{2, shape_.steps, shape_.step_size};
  const Shape output = shape_behind(*layers_, input);
  const Shape wanted = shape_.every_step ? Shape{1, 2, shape_.horizon} : Shape{2, shape_.horizon};
  if (output == wanted) return;
  fail_config("config.model", "model",
              fmt::format("the layers turn a batch {} into {}, not into {}", input.to_string(),
                          output.to_string(), wanted.to_string()),
              "end with a recurrent layer that returns the last step (outputs: last), or flatten");
}

Variable Network::forward(const Variable& x, const Padding& padding) {
  if (shape_.every_step) return layers_->forward(x, padding);
  const int64_t batch = x.shape()[0], window = shape_.steps * shape_.step_size;
  const Variable flat = shape_.calendar_size > 0 ? slice(x, 1, 0, window) : x;
  Variable y = layers_->forward(reshape(flat, {batch, shape_.steps, shape_.step_size}), padding);
  if (!linear_) return y;
  return y + linear_->forward(linear_on_window_ ? x : slice(x, 1, window, x.shape()[1]));
}

Tensor pack(const WindowSet& windows) {
  const int64_t count = windows.size();
  const int64_t flat = windows.x.numel() / std::max<int64_t>(count, 1);
  const int64_t calendar = windows.known.defined() ? windows.known.size(-1) : 0;
  if (calendar == 0) return windows.x.reshape({count, flat});
  const int64_t stride = windows.known.numel() / std::max<int64_t>(count, 1);
  Tensor packed = Tensor::uninitialized({count, flat + calendar}, windows.x.dtype());
  dispatch(packed.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = packed.data<T>();
    for (int64_t i = 0; i < count; ++i) {
      out = std::copy_n(windows.x.data<T>() + i * flat, flat, out);
      out = std::copy_n(windows.known.data<T>() + i * stride, calendar, out);
    }
  });
  return packed;
}

}  // namespace sluice
