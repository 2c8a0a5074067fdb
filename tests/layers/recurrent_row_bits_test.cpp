// Few rows of a small net take a path of their own: the same bits as the rows of a large batch, and
// gradients that differ in no more than the order of their sums.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "recurrent_case.h"
#include "sluice/autograd/arrange.h"
#include "sluice/tensor/panel.h"

namespace sluice {
namespace {

using test::RecurrentCase;
using test::RecurrentInput;

constexpr int batch = 10;  // more rows than that path takes

struct RowCase {
  std::string name;
  std::string cell;
  DType dtype;
};
void PrintTo(const RowCase& row, std::ostream* out) { *out << row.name; }

std::vector<RowCase> row_cases() {
  std::vector<RowCase> cases;
  for (const std::string& cell : cell_names())
    for (DType dtype : {DType::f32, DType::f64})
      cases.push_back({cell + (dtype == DType::f32 ? "_f32" : "_f64"), cell, dtype});
  return cases;
}

/// Rows [first, last) of a whole input, with leaves of their own.
RecurrentInput rows_of(const RecurrentInput& whole, int first, int last) {
  RecurrentInput part;
  part.x = Variable(slice(whole.x.detach(), 1, first, last).value().clone(), true);
  for (int k = 0; k < max_states; ++k)
    if (whole.state.values[k].defined())
      part.state.values[k] =
          Variable(slice(whole.state.values[k].detach(), 1, first, last).value().clone(), true);
  if (!whole.padding.lengths.empty()) {
    const auto& lengths = whole.padding.lengths;
    part.padding.lengths.assign(lengths.begin() + first, lengths.begin() + last);
    part.padding.left = whole.padding.left;
  }
  return part;
}

double deviation(const Tensor& a, const Tensor& b) {
  double largest = 1, difference = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::abs(a.item(i)));
    difference = std::max(difference, std::abs(a.item(i) - b.item(i)));
  }
  return std::isfinite(difference) ? difference / largest : 1;
}

NamedTensors input_gradients(const RecurrentInput& input) {
  NamedTensors gradients = {{"x", input.x.grad().clone()}};
  for (const Variable& state : input.state.values)
    if (state.defined()) gradients.emplace_back("a state", state.grad().clone());
  return gradients;
}

class RecurrentRowBits : public testing::TestWithParam<RowCase> {
 protected:
  /// Runs all rows at once, and in parts of `rows`; compares what each finds.
  void compare(const RecurrentCase& row, int rows) const {
    SCOPED_TRACE(row.name);
    const DType dtype = GetParam().dtype;
    const Recurrent layer = test::make_recurrent_layer(row, dtype);
    const RecurrentInput whole = test::make_input(row, dtype);
    const RecurrentResult all = layer.run(whole.x, whole.state, whole.padding);
    const Variable gradient(test::draw(all.output.shape(), dtype, 5));
    all.output.backward(gradient.value());
    const NamedTensors weights = layer.gradients(), inputs = input_gradients(whole);
    for (const Variable& parameter : layer.parameters()) parameter.zero_grad();
    for (int b = 0; b < row.batch; b += rows) {
      const int end = b + rows;
      const RecurrentInput part = rows_of(whole, b, end);
      const RecurrentResult few = layer.run(part.x, part.state, part.padding);
      ASSERT_EQ(test::first_difference(slice(Variable(all.output.value()), 1, b, end).value(),
                                       few.output.value()),
                "");
      for (int k = 0; k < max_states && few.state.values[k].defined(); ++k)
        ASSERT_EQ(
            test::first_difference(slice(Variable(all.state.values[k].value()), 1, b, end).value(),
                                   few.state.values[k].value()),
            "");
      few.output.backward(slice(gradient, 1, b, end).value().clone());
      const NamedTensors own = input_gradients(part);
      for (size_t i = 0; i < own.size(); ++i)
        ASSERT_LE(deviation(slice(Variable(inputs[i].second), 1, b, end).value(), own[i].second),
                  tolerance())
            << own[i].first;
    }
    const NamedTensors sums = layer.gradients();
    for (size_t i = 0; i < sums.size(); ++i)
      ASSERT_LE(deviation(weights[i].second, sums[i].second), tolerance()) << sums[i].first;
  }

  /// What the order of a sum changes; a norm of a few units that are almost equal divides by
  /// little.
  double tolerance() const {
    const double sums = GetParam().dtype == DType::f32 ? 1e-5 : 1e-13;
    return find_cell(GetParam().cell).info.norms.empty() ? sums : 10 * sums;
  }
};

TEST_P(RecurrentRowBits, EverySizeOfOneGroup) {
  const int lanes =
      dispatch(GetParam().dtype, [](auto zero) { return panel_kernels<decltype(zero)>().lanes; });
  for (int hidden_size = 1; hidden_size <= lanes + 1; ++hidden_size)
    for (int layers : {1, 2})
      for (int input_size : {1, lanes / 2, lanes, lanes + 1}) {
        RecurrentCase row;
        row.options.cell = GetParam().cell;
        row.options.input_size = input_size;
        row.options.hidden_size = 0;
        test::resize(row, hidden_size);
        row.options.num_layers = layers;
        if (!test::without_meaning(row.options).empty()) continue;
        row.batch = batch;
        row.given_state = hidden_size % 2 == 0;
        row.ragged = hidden_size % 3 == 0   ? test::Ragged::right
                     : hidden_size % 3 == 1 ? test::Ragged::none
                                            : test::Ragged::left;
        row.name = std::to_string(input_size) + " to " + std::to_string(hidden_size) + ", " +
                   std::to_string(layers) + " layers";
        for (int rows : {1, 2, 5}) ASSERT_NO_FATAL_FAILURE(compare(row, rows));
      }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentRowBits, testing::ValuesIn(row_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
