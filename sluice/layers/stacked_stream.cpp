// A stack one step at a time: each layer's own stream, and what stands between them.
#include <algorithm>
#include <string>
#include <utility>

#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {

StackedStream::StackedStream(const StackedRecurrent& stack, int batch)
    : cell_(stack.options().layer.cell), batch_(batch) {
  int width = stack.options().layer.input_size;
  for (const StackedLayer& layer : stack.layers()) {
    const RecurrentOptions& o = layer.cells->options();
    Layer& own = layers_.emplace_back();
    own.input_size = o.input_size;
    own.output_size = layer.cells->output_size(o.input_size);
    own.residual = layer.residual;
    // Residues of a dilation never meet: each is a stream that runs every d-th step.
    for (int residue = 0; residue < layer.dilation; ++residue)
      own.streams.emplace_back(*layer.cells, batch);
    own.output.resize(static_cast<size_t>(batch) * own.output_size);
    width = std::max(width, o.input_size);
  }
  if (stack.options().skip == Skip::dense) below_.resize(static_cast<size_t>(batch) * width);
}

/// A dense layer's input is made longer in place, the last row first: rows move to the right.
const float* StackedStream::input_of(size_t layer, const float* x) {
  if (below_.empty()) return layer == 0 ? x : layers_[layer - 1].output.data();
  const int width = layers_[layer].input_size;
  if (layer == 0) {
    std::copy_n(x, static_cast<size_t>(batch_) * width, below_.data());
    return below_.data();
  }
  const Layer& last = layers_[layer - 1];
  for (int b = batch_ - 1; b >= 0; --b) {
    const float* const from = below_.data() + static_cast<size_t>(b) * last.input_size;
    float* const to = below_.data() + static_cast<size_t>(b) * width;
    std::copy_backward(from, from + last.input_size, to + last.input_size);
    std::copy_n(last.output.data() + static_cast<size_t>(b) * last.output_size, last.output_size,
                to + last.input_size);
  }
  return below_.data();
}

void StackedStream::step(const float* x, float* y) {
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    const float* const input = input_of(i, x);
    layer.streams[layer.next].step(input, layer.output.data());
    layer.next = (layer.next + 1) % static_cast<int>(layer.streams.size());
    if (layer.residual)
      for (size_t k = 0; k < layer.output.size(); ++k) layer.output[k] += input[k];
  }
  std::copy(layers_.back().output.begin(), layers_.back().output.end(), y);
}

std::vector<RecurrentState> StackedStream::states() const {
  std::vector<RecurrentState> states;
  for (const Layer& layer : layers_) {
    const size_t d = layer.streams.size();
    std::vector<RecurrentState> slots;
    for (size_t slot = 0; slot < d; ++slot)
      slots.push_back(layer.streams[(layer.next + slot) % d].state());
    RecurrentState& state = states.emplace_back();
    state.steps = slots[0].steps;  // clocks have no dilation
    for (int k = 0; k < max_states; ++k) {
      if (!slots[0].values[k].defined()) continue;
      std::vector<Variable> parts;
      for (const RecurrentState& slot : slots) parts.push_back(slot.values[k]);
      state.values[k] = concat(parts, 0);
    }
  }
  return states;
}

void StackedStream::set_states(const std::vector<RecurrentState>& states) {
  if (!states.empty() && states.size() != layers_.size())
    fail_config("layer.shape", cell_,
                "there are states of " + std::to_string(states.size()) + " layers for a stack of " +
                    std::to_string(layers_.size()),
                "give one for each layer, or none");
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    const int d = static_cast<int>(layer.streams.size());
    layer.next = 0;
    for (int slot = 0; slot < d; ++slot) {
      RecurrentState own;
      if (!states.empty()) own.steps = states[i].steps;
      for (int k = 0; !states.empty() && k < max_states; ++k) {
        const Variable& all = states[i].values[k];
        if (all.defined() && all.shape()[0] != d)
          fail_config("layer.shape", cell_ + " state of layer " + std::to_string(i),
                      "has shape " + all.shape().to_string() + ", the layer needs " +
                          std::to_string(d) + " along the first axis",
                      "states are [dilation, B, H]");
        if (all.defined()) own.values[k] = slice(all, 0, slot, slot + 1);
      }
      layer.streams[slot].set_state(own);
    }
  }
}

}  // namespace sluice
