// mLSTM layers to test, what goes into them and what comes out.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "recurrent_case.h"
#include "sluice/autograd/arrange.h"
#include "sluice/layers/mlstm.h"

namespace sluice::test {

struct MlstmCase {
  std::string name;
  MlstmOptions options;
  int batch = 3, steps = 4;
  Ragged ragged = Ragged::none;
  bool given_state = false;
  friend void PrintTo(const MlstmCase& row, std::ostream* out) { *out << row.name; }
};

/// All of them leaves that require gradients.
struct MlstmInput {
  Variable x;  ///< NaN in the padding
  MlstmState state;
  Padding padding;
};

/// Gates far from their first values, so that every side of every max is met.
inline Mlstm make_mlstm_layer(const MlstmOptions& options, DType dtype) {
  Generator generator(7);
  Mlstm layer(options, generator);
  layer.to(dtype);
  NamedTensors state = layer.state();
  for (size_t i = 0; i < state.size(); ++i) {
    auto& [name, tensor] = state[i];
    if (name.starts_with("input_gate") || name.starts_with("forget_gate"))
      tensor = draw(tensor.shape(), dtype, 30 + i, 1.5);
  }
  layer.load_state(state);
  return layer;
}

inline MlstmInput make_mlstm_input(const MlstmCase& row, DType dtype) {
  const MlstmOptions& o = row.options;
  MlstmInput input;
  input.padding.left = row.ragged == Ragged::left;
  for (int b = 0; row.ragged != Ragged::none && b < row.batch; ++b)
    input.padding.lengths.push_back(1 + (5 * b + 2) % row.steps);
  Tensor x = draw({row.batch, row.steps, o.input_size}, dtype, 11, 2);
  for (size_t b = 0; b < input.padding.lengths.size(); ++b) {
    const int length = input.padding.lengths[b];
    const int64_t first = input.padding.left ? 0 : length, padded = row.steps - length;
    dispatch(dtype, [&](auto zero) {
      using T = decltype(zero);
      std::fill_n(x.data<T>() + (static_cast<int64_t>(b) * row.steps + first) * o.input_size,
                  padded * o.input_size, std::numeric_limits<T>::quiet_NaN());
    });
  }
  input.x = Variable(o.batch_first ? x : transpose(Variable(x), 0, 1).value(), true);
  if (!row.given_state) return input;
  const int d = o.hidden_size / o.heads;
  input.state = {Variable(draw({row.batch, o.heads, d, d}, dtype, 12), true),
                 Variable(draw({row.batch, o.heads, d}, dtype, 13), true),
                 Variable(draw({row.batch, o.heads}, dtype, 14), true)};
  return input;
}

inline std::vector<Variable> parts_of(const MlstmState& state) {
  if (!state.memory.defined()) return {};
  return {state.memory, state.normalizer, state.stabilizer};
}

/// Every number of a result in one vector.
inline Variable joined(const MlstmResult& result) {
  std::vector<Variable> parts = {reshape(result.output, {result.output.value().numel()})};
  for (const Variable& state : parts_of(result.state))
    parts.push_back(reshape(state, {state.value().numel()}));
  return concat(parts, 0);
}

}  // namespace sluice::test
