// The recurrent stack of a benchmark case, with the numbers every peer is given.
#pragma once

#include <cmath>

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

inline Recurrent stack_of(const BenchCase& c) {
  RecurrentOptions options;
  options.cell = c.cell;
  options.input_size = c.input_size;
  options.hidden_size = c.hidden_size;
  options.num_layers = c.layers;
  Generator generator(1);
  Recurrent stack(options, generator);
  NamedTensors state = stack.state();
  for (size_t i = 0; i < state.size(); ++i)  // four tensors a layer, in PyTorch's order
    state[i].second = filled(state[i].second.shape(), 1 + static_cast<double>(i),
                             1 / std::sqrt(static_cast<double>(c.hidden_size)));
  stack.load_state(state);
  return stack;
}

}  // namespace sluice
