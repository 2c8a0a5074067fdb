// A stack's outputs and states are those of its definition: every row alone, every layer and
// direction a step at a time, each step from the state that the dilation names.
#include <gtest/gtest.h>

#include <algorithm>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "stacked_case.h"

namespace sluice {
namespace {

using test::StackedCase;

/// One layer of one row by the definition. Steps are [1,1,·], in the order of time.
struct RowLayer {
  std::vector<std::vector<Variable>> y;           ///< [direction][step]
  std::vector<std::vector<RecurrentState>> last;  ///< [direction][slot], [1,1,H]
};

/// The cell of one direction of a layer, alone and forward.
Recurrent cell_of(const StackedRecurrent& stack, size_t layer, bool reverse) {
  RecurrentOptions o = stack.layers()[layer].cells->options();
  const bool both = o.direction == DirectionOf::both;
  o.direction = DirectionOf::forward;
  o.outputs = Outputs::all;
  o.batch_first = false;
  const std::string end = "_l" + std::to_string(layer) + (both && reverse ? "_reverse" : "");
  NamedTensors own;
  for (const auto& [name, tensor] : stack.state())
    if (name.ends_with(end))
      own.emplace_back(name.substr(0, name.size() - end.size()) + "_l0", tensor);
  Generator generator(99);
  Recurrent cell(o, generator);
  cell.load_state(own);
  return cell;
}

RecurrentState slot_of(const RecurrentState& all, int64_t slot, int row) {
  RecurrentState one;
  for (int k = 0; k < max_states; ++k)
    if (all.values[k].defined())
      one.values[k] = slice(slice(all.values[k], 0, slot, slot + 1), 1, row, row + 1);
  return one;
}

RowLayer run_row(const StackedRecurrent& stack, size_t layer, const std::vector<Variable>& x,
                 const RecurrentState* first, int row) {
  const Recurrent& cells = *stack.layers()[layer].cells;
  const int d = stack.layers()[layer].dilation, n = static_cast<int>(x.size());
  RowLayer result;
  for (int k = 0; k < cells.directions(); ++k) {
    const bool reverse = k == 1 || cells.options().direction == DirectionOf::reverse;
    const Recurrent cell = cell_of(stack, layer, reverse);
    std::vector<RecurrentState> states;
    for (int slot = 0; slot < d; ++slot)
      states.push_back(first ? slot_of(*first, k * d + slot, row) : RecurrentState{});
    std::vector<Variable> y(n);
    for (int p = 0; p < n; ++p) {
      const int s = reverse ? n - 1 - p : p;
      const RecurrentResult step = cell.run(x[s], states[p]);
      y[s] = step.output;
      states.push_back(step.state);
    }
    result.y.push_back(y);
    result.last.emplace_back(states.end() - d, states.end());
  }
  return result;
}

Variable merge(const StackedOptions& o, const std::vector<Variable>& parts) {
  if (parts.size() == 1) return parts[0];
  switch (o.merge) {
    case Merge::concat:
      return concat(parts, -1);
    case Merge::sum:
      return parts[0] + parts[1];
    case Merge::mean:
      return (parts[0] + parts[1]) / 2;
    case Merge::multiply:
      return parts[0] * parts[1];
  }
  return {};
}

/// A layer's output where direction k stands at step at[k].
Variable output_of(const StackedRecurrent& stack, const RowLayer& layer,
                   const std::vector<Variable>& x, const std::vector<int>& at) {
  const StackedOptions& o = stack.options();
  std::vector<Variable> parts, inputs;
  int64_t first = 0;
  for (size_t k = 0; k < layer.y.size(); ++k) {
    parts.push_back(layer.y[k][at[k]]);
    const Variable& input = x[at[k]];
    const int64_t end = o.merge == Merge::concat ? first + parts[k].shape()[-1] : input.shape()[-1];
    if (end <= input.shape()[-1]) inputs.push_back(slice(input, -1, first, end));
    if (o.merge == Merge::concat) first = end;
  }
  const Variable y = merge(o, parts);
  if (o.skip != Skip::residual || y.shape()[-1] != x[0].shape()[-1]) return y;
  return y + (o.merge == Merge::concat ? concat(inputs, -1) : inputs[0]);
}

class StackedDefinition : public testing::TestWithParam<StackedCase> {
 protected:
  void compare_row(int row);
  void compare_output(int row, const RowLayer& top, const std::vector<Variable>& x);
  /// "" or the first difference.
  std::string differs(const Variable& definition, const Variable& found) const {
    return test::first_difference(definition.value().reshape({definition.value().numel()}),
                                  found.value().reshape({found.value().numel()}));
  }
  /// When a row's own steps are.
  std::vector<int> times(int row) const {
    const Padding& padding = input_.padding;
    std::vector<int> own;
    for (int t = 0; t < row_.steps; ++t) {
      bool real = padding.lengths.empty();
      if (!padding.real.empty())
        real = padding.real[static_cast<size_t>(row) * row_.steps + t] != 0;
      else if (!real)
        real = padding.left ? t >= row_.steps - padding.lengths[row] : t < padding.lengths[row];
      if (real) own.push_back(t);
    }
    return own;
  }
  /// [1,1,F] of a row and time of a sequence.
  Variable at(const Variable& sequence, int row, int time) const {
    const bool batch_first = row_.options.layer.batch_first;
    const Variable one = select(select(sequence, batch_first ? 0 : 1, row), 0, time);
    return reshape(one, {1, 1, one.shape()[-1]});
  }

  const NoGrad off_;
  const StackedCase& row_ = GetParam();
  StackedRecurrent stack_ = test::make_stack(row_, DType::f32);
  const test::StackedInput input_ = test::make_input(row_, DType::f32);
  const StackedResult result_ = stack_.run_layers(input_.x, input_.states, input_.padding);
};

void StackedDefinition::compare_output(int row, const RowLayer& top,
                                       const std::vector<Variable>& x) {
  const std::vector<int> own = times(row);
  const int n = static_cast<int>(own.size());
  if (row_.options.layer.outputs == Outputs::last) {
    std::vector<int> ends;
    for (size_t k = 0; k < top.y.size(); ++k)
      ends.push_back(k == 1 || row_.options.layer.direction == DirectionOf::reverse ? 0 : n - 1);
    EXPECT_EQ(differs(output_of(stack_, top, x, ends), select(result_.output, 0, row)), "");
    return;
  }
  for (int time = 0; time < row_.steps; ++time) {
    const auto s = static_cast<int>(std::find(own.begin(), own.end(), time) - own.begin());
    const Variable found = at(result_.output, row, time);
    const Variable wanted = s < n ? output_of(stack_, top, x, std::vector<int>(top.y.size(), s))
                                  : Variable(Tensor(found.shape()));
    EXPECT_EQ(differs(wanted, found), "") << "row " << row << ", time " << time;
  }
}

void StackedDefinition::compare_row(int row) {
  std::vector<Variable> x;
  for (const int time : times(row)) x.push_back(at(input_.x, row, time));
  const int n = static_cast<int>(x.size());
  for (size_t i = 0; i < stack_.layers().size(); ++i) {
    const RowLayer layer =
        run_row(stack_, i, x, input_.states.empty() ? nullptr : &input_.states[i], row);
    const int d = stack_.layers()[i].dilation;
    for (size_t k = 0; k < layer.last.size(); ++k)
      for (int slot = 0; slot < d; ++slot) {
        const RecurrentState found =
            slot_of(result_.states[i], static_cast<int64_t>(k) * d + slot, row);
        for (int v = 0; v < max_states; ++v) {
          if (!found.values[v].defined()) continue;
          const Variable& wanted = layer.last[k][slot].values[v];
          EXPECT_EQ(differs(wanted.defined() ? wanted : Variable(Tensor(found.values[v].shape())),
                            found.values[v]),
                    "")
              << "row " << row << ", layer " << i << ", slot " << slot;
        }
      }
    if (i + 1 == stack_.layers().size()) return compare_output(row, layer, x);
    std::vector<Variable> next;
    for (int s = 0; s < n; ++s) {
      const Variable y = output_of(stack_, layer, x, std::vector<int>(layer.y.size(), s));
      next.push_back(row_.options.skip == Skip::dense ? concat({x[s], y}, -1) : y);
    }
    x = next;
  }
}

TEST_P(StackedDefinition, GivesTheSameBits) {
  for (int row = 0; row < row_.batch; ++row) compare_row(row);
}

INSTANTIATE_TEST_SUITE_P(Ways, StackedDefinition, testing::ValuesIn(test::stacked_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
