// The recurrent stack of a benchmark case, with the numbers every peer is given.
#pragma once

#include <cmath>
#include <memory>

#include "bench/program.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

inline Tensor filled(const Shape& shape, double phase, double scale) {
  Tensor tensor(shape);
  for (int64_t i = 0; i < tensor.numel(); ++i)
    tensor.data<float>()[i] = static_cast<float>(wave(i, phase) * scale);
  return tensor;
}

inline Tensor input_of(const BenchCase& c) {
  return filled({c.steps, c.batch, c.input_size}, 0, 1);
}

/// Gives a layer's tensors the case's numbers, in the order of state(): that of PyTorch.
inline void fill(Module& layer, const BenchCase& c) {
  NamedTensors state = layer.state();
  for (size_t i = 0; i < state.size(); ++i)
    state[i].second = filled(state[i].second.shape(), 1 + static_cast<double>(i),
                             1 / std::sqrt(static_cast<double>(c.hidden_size)));
  layer.load_state(state);
}

inline Recurrent stack_of(const BenchCase& c) {
  RecurrentOptions options;
  options.cell = c.cell;
  options.input_size = c.input_size;
  options.hidden_size = c.hidden_size;
  options.num_layers = c.layers;
  Generator generator(1);
  Recurrent stack(options, generator);
  fill(stack, c);
  return stack;
}

/// The same with the case's options, steps first like every other.
std::unique_ptr<Module> layer_of(const BenchCase& c);

/// Rows of 1 to `steps` steps, spread evenly, half of them there in all; none where not ragged.
Padding lengths_of(const BenchCase& c);

/// What the layer's products take, counted from how its weights lie.
BenchWork work_of(const BenchCase& c);

}  // namespace sluice
