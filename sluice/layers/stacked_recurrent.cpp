#include "sluice/layers/stacked_recurrent.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/layers/dilation.h"
#include "sluice/layers/own_steps.h"
#include "sluice/layers/recurrent_body.h"

namespace sluice {

namespace {

/// [B,D·H] from the states after the last d steps: the latest of each direction.
Variable latest(const Variable& h, int dilation) {
  std::vector<Variable> directions;
  for (int64_t at = dilation - 1; at < h.shape()[0]; at += dilation)
    directions.push_back(select(h, 0, at));
  return concat(directions, -1);
}

/// One layer, its chains unfolded where it is dilated.
RecurrentResult run_layer(const StackedLayer& layer, const Variable& x, const RecurrentState& state,
                          const OwnSteps& steps, const Padding& padding) {
  if (layer.dilation == 1) return layer.cells->run(x, state, padding);
  const RecurrentOptions& o = layer.cells->options();
  const Dilation dilation(steps, layer.dilation, o.direction);
  RecurrentState first;
  for (int k = 0; k < max_states; ++k)
    if (state.values[k].defined()) first.values[k] = dilation.fold_state(state.values[k]);
  const RecurrentResult folded = layer.cells->run(dilation.fold(x), first, dilation.padding());
  RecurrentResult result;
  for (int k = 0; k < max_states; ++k)
    if (folded.state.values[k].defined())
      result.state.values[k] = dilation.unfold_state(folded.state.values[k], state.values[k]);
  if (o.outputs == Outputs::all) result.output = dilation.unfold(folded.output);
  if (o.outputs == Outputs::last) result.output = latest(result.state.h(), layer.dilation);
  return result;
}

}  // namespace

StackedRecurrent::StackedRecurrent(const StackedOptions& options, Generator& generator)
    : options_(options) {
  check_stacked(options);
  if (find_cell(options.layer.cell).info.below > 0)
    fail_config("layer.stack", options.layer.cell,
                "reads the memory of the layer below, which merges, skips, dilations, other sizes "
                "and dropout between layers would mix",
                "leave those out: num_layers alone makes the stack");
  if (options_.hidden_sizes.empty())
    options_.hidden_sizes.assign(options.layer.num_layers, options.layer.hidden_size);
  const int layers = static_cast<int>(options_.hidden_sizes.size());
  options_.layer.num_layers = layers;
  if (options_.dilation.size() == 1) options_.dilation.assign(layers, options.dilation[0]);
  int input_size = options.layer.input_size;
  for (int i = 0; i < layers; ++i) {
    const int width = options_.width_of(options_.hidden_sizes[i]);
    layers_.push_back({std::make_unique<Recurrent>(layer_options(i, input_size), generator),
                       options_.dilation[i],
                       options_.skip == Skip::residual && width == input_size});
    input_size = options_.skip == Skip::dense ? input_size + width : width;
  }
  for (int i = 0; i <= layers; ++i)
    dropouts_.emplace_back(i == 0        ? options.input_dropout
                           : i == layers ? options.output_dropout
                                         : options.dropout);
  // Numbers the masks, which would otherwise be the same in every place until a trainer sets keys.
  MaskKey key{generator.initial_seed(), 0, 0};
  set_mask_key(key);
}

RecurrentOptions StackedRecurrent::layer_options(int layer, int input_size) const {
  RecurrentOptions o = options_.layer;
  o.input_size = input_size;
  o.hidden_size = options_.hidden_sizes[layer];
  o.num_layers = 1;
  if (o.initialization == "xlstm") {
    if (o.num_blocks == 0) o.num_blocks = options_.layer.num_layers;
    o.block_index += layer;
  }
  const bool top = layer + 1 == options_.layer.num_layers;
  if (!top) o.outputs = Outputs::all;
  // Chains are folded steps first, whatever the form of the stack's input.
  if (options_.dilation[layer] > 1) o.batch_first = false;
  return o;
}

Variable StackedRecurrent::merged(const Variable& y) const {
  if (options_.merge == Merge::concat) return y;
  const int64_t h = y.shape()[-1] / 2;
  const Variable forward = slice(y, -1, 0, h), reverse = slice(y, -1, h, 2 * h);
  if (options_.merge == Merge::multiply) return forward * reverse;
  const Variable sum = forward + reverse;
  return options_.merge == Merge::mean ? sum * 0.5 : sum;
}

/// What a residual skip adds to a layer's output: of the same steps and without the padding's NaN.
Variable StackedRecurrent::skipped(const Variable& input, const OwnSteps& steps, int layer) const {
  const RecurrentOptions& o = layers_[layer].cells->options();
  if (o.outputs == Outputs::all) return layer == 0 ? steps.without_padding(input) : input;
  if (o.direction == DirectionOf::forward) return steps.last(input);
  if (o.direction == DirectionOf::reverse) return steps.first(input);
  const int64_t h = input.shape()[-1] / 2;
  return concat({slice(steps.last(input), 1, 0, h), slice(steps.first(input), 1, h, 2 * h)}, 1);
}

void StackedRecurrent::check_input(const Variable& x,
                                   const std::vector<RecurrentState>& states) const {
  const RecurrentOptions& o = options_.layer;
  const char* form = o.batch_first ? "[B,T,I]" : "[T,B,I]";
  if (!x.defined() || x.shape().rank() != 3 || x.shape()[2] != o.input_size ||
      x.shape().numel() == 0)
    fail_config("layer.shape", o.cell,
                "needs " + std::string(form) + " with I = " + std::to_string(o.input_size) +
                    ", not " + (x.defined() ? x.shape().to_string() : "nothing"),
                "check input_size and batch_first");
  if (!states.empty() && states.size() != layers_.size())
    fail_config("layer.shape", o.cell,
                "there are states of " + std::to_string(states.size()) + " layers for a stack of " +
                    std::to_string(layers_.size()),
                "give one for each layer, or none");
  for (size_t i = 0; i < states.size(); ++i) {
    const StackedLayer& layer = layers_[i];
    const int directions = layer.cells->directions();
    Shape want = {int64_t{directions} * layer.dilation, x.shape()[o.batch_first ? 0 : 1],
                  layer.cells->output_size(0) / directions};
    for (const Variable& v : states[i].values) {
      if (v.defined() && !(v.shape() == want))
        fail_config("layer.shape", o.cell + " state of layer " + std::to_string(i),
                    "has shape " + v.shape().to_string() + ", the layer needs " + want.to_string(),
                    "states are [directions * dilation, B, H]");
      want.set(2, layer.cells->options().hidden_size);  // h alone is projected
    }
  }
}

StackedResult StackedRecurrent::run_layers(const Variable& x,
                                           const std::vector<RecurrentState>& states,
                                           const Padding& padding) {
  check_input(x, states);
  const OwnSteps steps(x.shape(), options_.layer.batch_first, padding);
  StackedResult result;
  Variable input = dropouts_.front().forward(x);
  const int layers = static_cast<int>(layers_.size());
  for (int i = 0; i < layers; ++i) {
    RecurrentResult own =
        run_layer(layers_[i], input, states.empty() ? RecurrentState{} : states[i], steps, padding);
    result.states.push_back(std::move(own.state));
    const bool top = i + 1 == layers;
    if (top && options_.layer.outputs == Outputs::none) break;
    Variable y = merged(own.output);
    if (!top) y = dropouts_[i + 1].forward(y);
    if (layers_[i].residual) y = y + skipped(input, steps, i);
    if (top)
      result.output = dropouts_.back().forward(y);
    else
      input = options_.skip == Skip::dense ? concat({input, y}, -1) : y;
  }
  return result;
}

RecurrentResult StackedRecurrent::run(const Variable& x, const RecurrentState& state,
                                      const Padding& padding) {
  const std::vector<int>& sizes = options_.hidden_sizes;
  if (std::any_of(sizes.begin(), sizes.end(), [&](int h) { return h != sizes[0]; }))
    fail_config("layer.shape", "hidden_sizes",
                "the states of layers of different sizes do not fit into one tensor",
                "call run_layers(), which has a state for each layer");
  std::vector<RecurrentState> states(layers_.size());
  for (RecurrentState& layer : states) layer.steps = state.steps;
  int64_t rows = 0;
  for (const StackedLayer& layer : layers_) rows += layer.cells->directions() * layer.dilation;
  for (int k = 0; k < max_states; ++k) {
    const Variable& all = state.values[k];
    if (!all.defined()) continue;
    if (all.shape().rank() != 3 || all.shape()[0] != rows)
      fail_config("layer.shape", options_.layer.cell + " state " + std::to_string(k),
                  "has shape " + all.shape().to_string() + ", the stack needs " +
                      std::to_string(rows) + " along the first axis",
                  "states are [directions * dilation, B, H], those of the layers one behind the "
                  "other");
    int64_t begin = 0;
    for (size_t i = 0; i < layers_.size(); ++i) {
      const int64_t end = begin + layers_[i].cells->directions() * layers_[i].dilation;
      states[i].values[k] = slice(all, 0, begin, end);
      begin = end;
    }
  }
  const StackedResult own = run_layers(x, states, padding);
  RecurrentResult result = {own.output, {}};
  result.state.steps = own.states[0].steps;
  for (int k = 0; k < max_states; ++k) {
    if (!own.states[0].values[k].defined()) continue;
    std::vector<Variable> parts;
    for (const RecurrentState& layer : own.states) parts.push_back(layer.values[k]);
    result.state.values[k] = concat(parts, 0);
  }
  return result;
}

Variable StackedRecurrent::forward(const Variable& x, const Padding& padding) {
  if (options_.layer.outputs == Outputs::none) refuse_no_output();
  return run_layers(x, {}, padding).output;
}

int StackedRecurrent::output_size(int) const {
  return options_.width_of(options_.hidden_sizes.back());
}

}  // namespace sluice
