// Ragged rows of several whole groups are read and written where they lie in the batch: each gives
// the bits that it gives alone and without padding, and gradients of the same numbers.
#include <gtest/gtest.h>

#include <cmath>

#include "recurrent_case.h"
#include "sluice/autograd/arrange.h"
#include "sluice/tensor/panel.h"
#include "sluice/tensor/rows.h"

namespace sluice {
namespace {

using test::RecurrentCase;
using test::RecurrentInput;

struct RaggedCase {
  std::string cell;
  test::Ragged ragged;
  DirectionOf direction;
};
std::string name_of(const RaggedCase& row) {
  return row.cell + (row.ragged == test::Ragged::left ? "_left" : "_right") +
         (row.direction == DirectionOf::reverse ? "_reverse"
          : row.direction == DirectionOf::both  ? "_both"
                                                : "");
}
void PrintTo(const RaggedCase& row, std::ostream* out) { *out << name_of(row); }

std::vector<RaggedCase> ragged_cases() {
  std::vector<RaggedCase> cases;
  for (const std::string& cell : test::cells_of_tables())
    for (test::Ragged ragged : {test::Ragged::right, test::Ragged::left})
      for (DirectionOf direction : {DirectionOf::forward, DirectionOf::reverse, DirectionOf::both})
        cases.push_back({cell, ragged, direction});
  return cases;
}

/// The real steps of row b of [T,B,…].
Tensor real_steps(const Tensor& all, const RecurrentInput& input, int b) {
  const int64_t steps = all.shape()[0], length = input.padding.lengths[b];
  const int64_t first = input.padding.left ? steps - length : 0;
  const Variable row = slice(Variable(all), 1, b, b + 1);
  return slice(row, 0, first, first + length).value().clone();
}

double deviation(const Tensor& a, const Tensor& b) {
  double largest = 1, difference = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::abs(a.item(i)));
    difference = std::max(difference, std::abs(a.item(i) - b.item(i)));
  }
  return std::isfinite(difference) ? difference / largest : 1;
}

/// Compares every `step`-th row with itself alone. Going back, the chains of a single row are cut
/// and run side by side: sums of the same numbers in another order.
void compare(const RecurrentCase& row, int step) {
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const RecurrentInput input = test::make_input(row, DType::f32);
  const RecurrentResult all = layer.run(input.x, {}, input.padding);
  const Tensor gradient = test::draw(all.output.shape(), DType::f32, 5);
  all.output.backward(gradient);
  for (int b = 0; b < row.batch; b += step) {
    const Variable x(real_steps(input.x.value(), input, b), true);
    const RecurrentResult alone = layer.run(x);
    ASSERT_EQ(
        test::first_difference(real_steps(all.output.value(), input, b), alone.output.value()), "")
        << "row " << b;
    alone.output.backward(real_steps(gradient, input, b));
    const bool norms = !find_cell(row.options.cell).info.norms.empty();  // divide by little
    ASSERT_LE(deviation(real_steps(input.x.grad(), input, b), x.grad()), norms ? 1e-4 : 1e-5)
        << "gradient of row " << b;
  }
}

/// Behind the real steps stand zeros.
void expect_zero_padding(const RecurrentCase& row) {
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const RecurrentInput input = test::make_input(row, DType::f32);
  const Tensor output = layer.run(input.x, {}, input.padding).output.value();
  double real = 0, all = 0;
  for (int64_t i = 0; i < output.numel(); ++i) all += std::abs(output.item(i));
  for (int b = 0; b < row.batch; ++b) {
    const Tensor own = real_steps(output, input, b);
    for (int64_t i = 0; i < own.numel(); ++i) real += std::abs(own.item(i));
  }
  EXPECT_NEAR(all, real, 1e-9 * real);  // the same numbers, added in another order
}

class RecurrentRaggedRows : public testing::TestWithParam<RaggedCase> {};

TEST_P(RecurrentRaggedRows, AreThoseAlone) {
  RecurrentCase row;
  row.options.cell = GetParam().cell;
  row.options.input_size = 3;
  row.options.direction = GetParam().direction;
  test::resize(row, 2 * panel_kernels<float>().lanes);
  if (!test::without_meaning(row.options).empty()) GTEST_SKIP() << "has no meaning";
  row.ragged = GetParam().ragged;
  row.batch = 37;
  row.steps = 9;
  compare(row, 1);
  expect_zero_padding(row);
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentRaggedRows, testing::ValuesIn(ragged_cases()),
                         [](const auto& row) { return name_of(row.param); });

// An output so large that it is written past the caches.
TEST(RecurrentLargeRaggedRows, AreThoseAlone) {
  RecurrentCase row;
  row.options.cell = "indrnn";
  row.options.input_size = 1;
  row.options.hidden_size = 8192;
  row.ragged = test::Ragged::right;
  row.batch = 37;
  row.steps = 16;
  ASSERT_FALSE(stays_in_caches(int64_t{row.batch} * row.steps * row.options.hidden_size * 4));
  compare(row, 9);
  expect_zero_padding(row);
}

}  // namespace
}  // namespace sluice
