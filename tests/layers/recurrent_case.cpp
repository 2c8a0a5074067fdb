#include "recurrent_case.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>

#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"

namespace sluice::test {

void PrintTo(const RecurrentCase& row, std::ostream* out) { *out << row.name; }

std::vector<std::string> cells_of_tables() {
#ifdef SLUICE_FEW_CELLS
  return {"rnn",
          "lstm",
          "gru",
          "fgr",
          "mut1",
          "lem",
          "slstm",
          "clockwork",
          "depth_gated",
          "grid2_tied_priority",
          "layer_norm_lstm"};
#else
  return cell_names();
#endif
}

namespace {

/// Columns at the end of the input that the lowest layer reads as memories, unless it is another
/// cell.
int memories(const RecurrentCase& row) {
  const CellInfo& info = find_cell(row.options.cell).info;
  return info.lowest.empty() ? info.below * row.options.hidden_size : 0;
}

}  // namespace

std::vector<RecurrentCase> for_every_cell(const std::vector<Variant>& variants) {
  std::vector<RecurrentCase> rows;
  for (const std::string& cell : cells_of_tables())
    for (const Variant& variant : variants) {
      RecurrentCase row;
      row.name = cell + "_" + variant.name;
      row.options.cell = cell;
      row.options.input_size = 2;
      row.options.hidden_size = 5;
      variant.change(row);
      row.options.input_size += memories(row);
      if (without_meaning(row.options).empty()) rows.push_back(row);
    }
  return rows;
}

void resize(RecurrentCase& row, int hidden_size) {
  row.options.input_size -= memories(row);
  row.options.hidden_size = hidden_size;
  row.options.input_size += memories(row);
}

std::string without_meaning(const RecurrentOptions& o) {
  if (find_cell(o.cell).info.below == 0) return "";
  if (o.direction == DirectionOf::both && o.num_layers > 1) return "direction";
  if (o.padded_output == PaddedOutput::hold) return "padded_output";
  if (o.dropout.input > 0) return "variational_input";
  if (!o.structure.periods.empty()) return "periods";
  if (find_cell(o.cell).info.below > 1 && o.num_layers > 1) return "num_layers";
  return "";
}

bool accepts(const RecurrentCase& row) {
  Generator generator(1);
  try {
    const Recurrent layer(row.options, generator);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Tensor draw(const Shape& shape, DType dtype, uint64_t seed, double bound) {
  Tensor numbers(shape, DType::f32);
  Generator generator(seed);
  generator.uniform(numbers.values<float>(), static_cast<float>(-bound), static_cast<float>(bound));
  return numbers.to(dtype);
}

namespace {

Padding make_padding(const RecurrentCase& row) {
  Padding padding;
  if (row.ragged == Ragged::none) return padding;
  padding.left = row.ragged == Ragged::left;
  if (row.ragged == Ragged::gaps) {  // the first step, the last, or one between is missing
    std::vector<uint8_t> real(static_cast<size_t>(row.batch) * row.steps, 1);
    for (int b = 0; b < row.batch; ++b) {
      const int missing = row.steps == 1 ? -1 : (b + 1) % row.steps;
      for (int t = 0; t < row.steps; ++t)
        if (t == missing || (b % 3 == 1 && t == missing + 2))
          real[static_cast<size_t>(b) * row.steps + t] = 0;
    }
    return masked(real, row.steps);
  }
  for (int b = 0; b < row.batch; ++b) padding.lengths.push_back(1 + (5 * b + 2) % row.steps);
  return padding;
}

void spoil_padding(const RecurrentCase& row, const Padding& padding, Tensor& x) {
  const int inputs = row.options.input_size;
  for (size_t b = 0; b < padding.lengths.size(); ++b)
    for (int t = 0; t < row.steps; ++t) {
      const int length = padding.lengths[b], first = padding.left ? row.steps - length : 0;
      const bool between = t >= first && t < first + length;
      if (padding.real.empty() ? between : padding.real[b * row.steps + t] != 0) continue;
      const int64_t step = row.options.batch_first ? static_cast<int64_t>(b) * row.steps + t
                                                   : int64_t{t} * row.batch + int64_t(b);
      dispatch(x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        std::fill_n(x.data<T>() + step * inputs, inputs, std::numeric_limits<T>::quiet_NaN());
      });
    }
}

}  // namespace

RecurrentInput make_input(const RecurrentCase& row, DType dtype) {
  const RecurrentOptions& o = row.options;
  const Shape shape = o.batch_first ? Shape{row.batch, row.steps, o.input_size}
                                    : Shape{row.steps, row.batch, o.input_size};
  RecurrentInput input;
  input.padding = make_padding(row);
  Tensor x = draw(shape, dtype, 11);
  spoil_padding(row, input.padding, x);
  input.x = Variable(x, true);
  const int directions = o.direction == DirectionOf::both ? 2 : 1;
  for (size_t k = 0; row.given_state && k < find_cell(o.cell).info.states.size(); ++k)
    input.state.values[k] = Variable(
        draw({o.num_layers * directions, row.batch,
              k == 0 && o.structure.projection > 0 ? o.structure.projection : o.hidden_size},
             dtype, 12 + k),
        true);
  return input;
}

Recurrent make_recurrent_layer(const RecurrentCase& row, DType dtype) {
  Generator generator(7);
  Recurrent layer(row.options, generator);
  layer.to(dtype);
  return layer;
}

Variable joined(const RecurrentResult& result) {
  std::vector<Variable> parts;
  if (result.output.defined())
    parts.push_back(reshape(result.output, {result.output.value().numel()}));
  for (const Variable& state : result.state.values)
    if (state.defined()) parts.push_back(reshape(state, {state.value().numel()}));
  return concat(parts, 0);
}

std::vector<double*> unused_places(Module& layer) {
  const NamedTensors state = layer.state();
  NamedTensors ones;
  for (const auto& [name, tensor] : state)
    ones.emplace_back(name, Tensor::full(tensor.shape(), 1, DType::f64));
  layer.load_state(ones);
  std::vector<double*> places;
  for (Variable& parameter : layer.parameters())
    for (double& number : parameter.value().values<double>())
      if (number == 0) places.push_back(&number);
  layer.load_state(state);
  return places;
}

NamedTensors run_and_differentiate(const RecurrentCase& row, DType dtype) {
  const Recurrent layer = make_recurrent_layer(row, dtype);
  const RecurrentInput input = make_input(row, dtype);
  const RecurrentResult result = layer.run(input.x, input.state, input.padding);
  NamedTensors found;
  if (result.output.defined()) found.emplace_back("output", result.output.value().clone());
  for (const Variable& state : result.state.values)
    if (state.defined()) found.emplace_back("state", state.value().clone());
  const Variable all = joined(result);
  all.backward(draw(all.shape(), dtype, 5));
  found.emplace_back("gradient of x", input.x.grad().clone());
  for (const Variable& state : input.state.values)
    if (state.defined()) found.emplace_back("gradient of a state", state.grad().clone());
  for (auto& [name, gradient] : layer.gradients())
    found.emplace_back("gradient of " + name, gradient);
  return found;
}

std::string first_difference(const Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()) || a.dtype() != b.dtype())
    return "shape " + a.shape().to_string() + " against " + b.shape().to_string();
  return dispatch(a.dtype(), [&](auto zero) -> std::string {
    using T = decltype(zero);
    for (int64_t i = 0; i < a.numel(); ++i)
      if (std::memcmp(a.data<T>() + i, b.data<T>() + i, sizeof(T)) != 0)
        return "element " + std::to_string(i) + " of " + a.shape().to_string() + ": " +
               testing::PrintToString(a.data<T>()[i]) + " against " +
               testing::PrintToString(b.data<T>()[i]);
    return "";
  });
}

std::string first_difference(const NamedTensors& a, const NamedTensors& b) {
  if (a.size() != b.size()) return "numbers of tensors differ";
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first) return a[i].first + " against " + b[i].first;
    const std::string difference = first_difference(a[i].second, b[i].second);
    if (!difference.empty()) return a[i].first + ": " + difference;
  }
  return "";
}

std::string reproduce() {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  return std::string("run it alone: test_layers --gtest_filter=") + test.test_suite_name() + "." +
         test.name();
}

Threads::Threads(int count) : before_(num_threads()) { set_num_threads(count); }
Threads::~Threads() { set_num_threads(before_); }

}  // namespace sluice::test
