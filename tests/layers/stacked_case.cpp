#include "stacked_case.h"

#include <algorithm>
#include <ostream>

#include "sluice/autograd/arrange.h"

namespace sluice::test {

void PrintTo(const StackedCase& row, std::ostream* out) { *out << row.name; }

namespace {

struct StackedVariant {
  const char* name;
  void (*change)(StackedCase& row);
};

void use_both(StackedCase& row, Merge merge) {
  row.options.layer.direction = DirectionOf::both;
  row.options.merge = merge;
}
void use_ragged(StackedCase& row, Ragged ragged) {
  row.ragged = ragged;
  row.given_state = true;
}
void use_last(StackedCase& row) { row.options.layer.outputs = Outputs::last; }

const StackedVariant variants[] = {
    {"merge_concat", [](StackedCase& row) { use_both(row, Merge::concat); }},
    {"merge_sum", [](StackedCase& row) { use_both(row, Merge::sum); }},
    {"merge_mean_ragged_right",
     [](StackedCase& row) {
       use_both(row, Merge::mean);
       use_ragged(row, Ragged::right);
     }},
    {"merge_multiply_ragged_left",
     [](StackedCase& row) {
       use_both(row, Merge::multiply);
       use_ragged(row, Ragged::left);
     }},
    {"merge_sum_last",
     [](StackedCase& row) {
       use_both(row, Merge::sum);
       use_ragged(row, Ragged::right);
       use_last(row);
     }},
    {"sizes", [](StackedCase& row) { row.options.hidden_sizes = {5, 2, 4}; }},
    {"sizes_state_ragged_left_both",
     [](StackedCase& row) {
       row.options.hidden_sizes = {5, 3};
       use_both(row, Merge::concat);
       use_ragged(row, Ragged::left);
     }},
    {"gaps_both_dilation_residual",
     [](StackedCase& row) {
       use_both(row, Merge::sum);
       use_ragged(row, Ragged::gaps);
       row.options.dilation = {1, 2};
       row.options.skip = Skip::residual;
     }},
    {"gaps_residual_last",
     [](StackedCase& row) {
       row.options.skip = Skip::residual;
       row.options.layer.hidden_size = 3;
       use_ragged(row, Ragged::gaps);
       use_last(row);
     }},
    {"projection",
     [](StackedCase& row) {
       row.options.layer.structure.projection = 3;
       row.options.skip = Skip::residual;
       row.options.hidden_sizes = {5, 4};
       row.given_state = true;
     }},
    {"projection_both_dilation",
     [](StackedCase& row) {
       row.options.layer.structure.projection = 3;
       row.options.skip = Skip::residual;
       row.options.dilation = {2};
       use_both(row, Merge::concat);
       use_ragged(row, Ragged::right);
       use_last(row);
     }},
    {"clocks_sizes",
     [](StackedCase& row) {
       row.options.layer.structure.periods = {1, 2, 3};
       row.options.hidden_sizes = {5, 3, 4};
       row.given_state = true;
     }},
    {"residual", [](StackedCase& row) { row.options.skip = Skip::residual; }},
    {"residual_from_the_first_layer",
     [](StackedCase& row) {
       row.options.skip = Skip::residual;
       row.options.layer.hidden_size = 3;
       use_ragged(row, Ragged::right);
     }},
    {"residual_last_reverse",
     [](StackedCase& row) {
       row.options.skip = Skip::residual;
       row.options.layer.direction = DirectionOf::reverse;
       use_ragged(row, Ragged::left);
       use_last(row);
     }},
    {"residual_last_both",
     [](StackedCase& row) {
       row.options.skip = Skip::residual;
       use_both(row, Merge::concat);
       use_ragged(row, Ragged::right);
       use_last(row);
     }},
    {"residual_where_sizes_agree",
     [](StackedCase& row) {
       row.options.skip = Skip::residual;
       row.options.hidden_sizes = {3, 5, 5};
       use_ragged(row, Ragged::left);
       use_last(row);
     }},
    {"dense", [](StackedCase& row) { row.options.skip = Skip::dense; }},
    {"dense_sizes_both_ragged_right",
     [](StackedCase& row) {
       row.options.skip = Skip::dense;
       row.options.hidden_sizes = {3, 5, 3};
       use_both(row, Merge::sum);
       use_ragged(row, Ragged::right);
     }},
    {"dilation", [](StackedCase& row) { row.options.dilation = {2}; }},
    {"dilation_by_layer_last",
     [](StackedCase& row) {
       row.options.dilation = {1, 3};
       row.given_state = true;
       use_last(row);
     }},
    {"dilation_reverse_ragged_right",
     [](StackedCase& row) {
       row.options.dilation = {3, 2};
       row.options.layer.direction = DirectionOf::reverse;
       use_ragged(row, Ragged::right);
     }},
    {"dilation_both_ragged_left",
     [](StackedCase& row) {
       row.options.dilation = {2, 3};
       use_both(row, Merge::concat);
       use_ragged(row, Ragged::left);
     }},
    {"dilation_both_last_of_unknown_start",
     [](StackedCase& row) {
       row.options.dilation = {4};
       use_both(row, Merge::mean);
       row.ragged = Ragged::right;
       use_last(row);
     }},
    {"dilation_beyond_the_end",
     [](StackedCase& row) {
       row.options.dilation = {9};
       row.given_state = true;
     }},
    {"dilation_residual_sizes",
     [](StackedCase& row) {
       row.options.dilation = {1, 2, 4};
       row.options.hidden_sizes = {5, 3, 3};
       row.options.skip = Skip::residual;
       row.given_state = true;
     }},
};

}  // namespace

std::vector<StackedCase> stacked_cases() {
  std::vector<StackedCase> rows;
  for (const char* cell : {"rnn", "lstm", "gru", "slstm"})
    for (const StackedVariant& variant : variants)
      for (const bool batch_first : {false, true}) {
        StackedCase row;
        row.name = std::string(cell) + "_" + variant.name + (batch_first ? "_batch_first" : "");
        RecurrentOptions& layer = row.options.layer;
        layer.cell = cell;
        layer.input_size = 3;
        layer.hidden_size = 5;
        layer.num_layers = 2;
        layer.batch_first = batch_first;
        variant.change(row);
        if (!row.options.hidden_sizes.empty()) layer.num_layers = 1;
        if (layer.structure.projection > 0 && find_cell(cell).info.reads_h_itself) continue;
        rows.push_back(row);
      }
  return rows;
}

std::vector<StackedCase> streamed_cases() {
  std::vector<StackedCase> rows = stacked_cases();
  std::erase_if(rows, [](const StackedCase& row) {
    return row.options.layer.direction != DirectionOf::forward || row.ragged != Ragged::none ||
           row.options.layer.outputs == Outputs::last || row.options.layer.batch_first;
  });
  return rows;
}

StackedInput make_input(const StackedCase& row, DType dtype) {
  RecurrentCase plain;
  plain.options = row.options.layer;
  plain.batch = row.batch;
  plain.steps = row.steps;
  plain.ragged = row.ragged;
  const RecurrentInput input = make_input(plain, dtype);
  StackedInput result = {input.x, {}, input.padding};
  if (!row.given_state) return result;
  const StackedRecurrent stack = make_stack(row, dtype);
  // sLSTM divides by a state: where one is drawn near 0, difference quotients lose their digits.
  uint64_t seed = 60;
  for (const StackedLayer& layer : stack.layers()) {
    const int64_t states = int64_t{layer.cells->directions()} * layer.dilation;
    RecurrentState& state = result.states.emplace_back();
    const int h = layer.cells->output_size(0) / layer.cells->directions();
    for (size_t k = 0; k < layer.cells->cell().states.size(); ++k) {
      const int width = k == 0 ? h : layer.cells->options().hidden_size;
      state.values[k] = Variable(draw({states, row.batch, width}, dtype, ++seed), true);
    }
  }
  return result;
}

StackedRecurrent make_stack(const StackedCase& row, DType dtype) {
  Generator generator(7);
  StackedRecurrent stack(row.options, generator);
  stack.to(dtype);
  return stack;
}

NamedTensors values(const StackedResult& result) {
  NamedTensors found = {{"output", result.output.value().clone()}};
  for (size_t i = 0; i < result.states.size(); ++i)
    for (const Variable& state : result.states[i].values)
      if (state.defined())
        found.emplace_back("state of layer " + std::to_string(i), state.value().clone());
  return found;
}

Variable joined(const StackedResult& result) {
  std::vector<Variable> parts = {reshape(result.output, {result.output.value().numel()})};
  for (const RecurrentState& layer : result.states)
    for (const Variable& state : layer.values)
      if (state.defined()) parts.push_back(reshape(state, {state.value().numel()}));
  return concat(parts, 0);
}

}  // namespace sluice::test
