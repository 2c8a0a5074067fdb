// Ragged batches: what stands in the padding, and whose the last output and the last state are.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "recurrent_case.h"
#include "sluice/autograd/arrange.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

std::vector<RecurrentCase> ragged_cases() {
  std::vector<RecurrentCase> rows;
  for (const std::string& cell : cell_names())
    for (Ragged side : {Ragged::right, Ragged::left})
      for (DirectionOf direction : {DirectionOf::forward, DirectionOf::reverse, DirectionOf::both})
        for (PaddedOutput padded : {PaddedOutput::zero, PaddedOutput::hold}) {
          RecurrentCase row;
          row.name = cell + (side == Ragged::right ? "_right" : "_left") +
                     (direction == DirectionOf::forward   ? "_forward"
                      : direction == DirectionOf::reverse ? "_reverse"
                                                          : "_both") +
                     (padded == PaddedOutput::zero ? "_zero" : "_hold");
          row.options.cell = cell;
          row.options.input_size = 2;
          row.options.hidden_size = 0;
          test::resize(row, 5);
          row.options.num_layers = 2;
          row.options.batch_first = true;
          row.options.direction = direction;
          row.options.padded_output = padded;
          row.ragged = side;
          row.given_state = true;
          row.batch = 4;
          row.steps = 6;
          if (test::without_meaning(row.options).empty()) rows.push_back(row);
        }
  return rows;
}

class RecurrentRagged : public testing::TestWithParam<RecurrentCase> {
 protected:
  int length(int b) const { return input_.padding.lengths[static_cast<size_t>(b)]; }
  int first(int b) const { return input_.padding.left ? row_.steps - length(b) : 0; }
  bool padded(int b, int t) const { return t < first(b) || t >= first(b) + length(b); }
  int directions() const { return layer_.directions(); }
  bool reversed(int k) const { return row_.options.direction == DirectionOf::reverse || k == 1; }
  /// Own last step of direction k.
  int last_step(int b, int k) const { return reversed(k) ? first(b) : first(b) + length(b) - 1; }
  static double at(const Tensor& t, int64_t a, int64_t b, int64_t c) {
    return t.item((a * t.size(1) + b) * t.size(2) + c);
  }
  /// Block of direction k of the top layer in a state tensor.
  int top(int k) const { return (row_.options.num_layers - 1) * directions() + k; }

  const RecurrentCase& row_ = GetParam();
  const Recurrent layer_ = test::make_recurrent_layer(row_, DType::f32);
  const int width_ = layer_.output_size(0) / layer_.directions();  ///< of one direction's output
  const test::RecurrentInput input_ = test::make_input(row_, DType::f32);
};

TEST_P(RecurrentRagged, PaddingIsZeroOrHeld) {
  const RecurrentResult result = layer_.run(input_.x, input_.state, input_.padding);
  const Tensor& y = result.output.value();
  const Tensor& start = input_.state.h().value();
  for (int b = 0; b < row_.batch; ++b)
    for (int t = 0; t < row_.steps; ++t)
      for (int k = 0; k < directions(); ++k)
        for (int u = 0; u < width_; ++u) {
          if (!padded(b, t)) continue;
          const bool before = reversed(k) == (t >= first(b) + length(b));
          const bool zero = row_.options.padded_output == PaddedOutput::zero;
          const double wanted = zero     ? 0
                                : before ? at(start, top(k), b, u)
                                         : at(y, b, last_step(b, k), int64_t{k} * width_ + u);
          ASSERT_EQ(at(y, b, t, int64_t{k} * width_ + u), wanted)
              << "row " << b << " step " << t << "; " << test::reproduce();
        }
}

TEST_P(RecurrentRagged, FinalStatesAreEachRowsOwn) {
  if (!layer_.cell().outputs.empty()) return;  // h stays within the layer
  const RecurrentResult result = layer_.run(input_.x, input_.state, input_.padding);
  const Tensor &y = result.output.value(), &h = result.state.h().value();
  for (int b = 0; b < row_.batch; ++b)
    for (int k = 0; k < directions(); ++k)
      for (int u = 0; u < width_; ++u)
        ASSERT_EQ(at(h, top(k), b, u), at(y, b, last_step(b, k), int64_t{k} * width_ + u))
            << "row " << b << "; " << test::reproduce();
}

TEST_P(RecurrentRagged, LastOutputIsEachDirectionsOwn) {
  RecurrentOptions options = row_.options;
  options.outputs = Outputs::last;
  Generator generator(99);
  Recurrent other(options, generator);
  other.load_state(layer_.state());
  const RecurrentResult all = layer_.run(input_.x, input_.state, input_.padding);
  const RecurrentResult last = other.run(input_.x, input_.state, input_.padding);
  ASSERT_EQ(last.output.shape(), (Shape{row_.batch, int64_t{directions()} * width_}));
  for (int b = 0; b < row_.batch; ++b)
    for (int k = 0; k < directions(); ++k)
      for (int u = 0; u < width_; ++u) {
        const int64_t column = int64_t{k} * width_ + u;
        ASSERT_EQ(last.output.value().item(int64_t{b} * directions() * width_ + column),
                  at(all.output.value(), b, last_step(b, k), column))
            << test::reproduce();
      }
}

/// NaN, infinity and any number give the same bits everywhere but in the padding of x.
TEST_P(RecurrentRagged, PaddingReachesNothing) {
  const auto run_with = [&](float padding) {
    Tensor x = input_.x.value().clone();
    for (float& number : x.values<float>())
      if (std::isnan(number)) number = padding;
    test::RecurrentInput input = input_;
    input.x = Variable(x, true);
    Recurrent layer = test::make_recurrent_layer(row_, DType::f32);
    const RecurrentResult result = layer.run(input.x, input.state, input.padding);
    Tensor gradient = test::draw(result.output.shape(), DType::f32, 5);
    result.output.backward(gradient);
    NamedTensors found = {{"output", result.output.value()}, {"gradient of x", input.x.grad()}};
    for (auto& tensor : layer.gradients()) found.push_back(tensor);
    return found;
  };
  const NamedTensors zeros = run_with(0);
  for (float padding :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1e30f})
    EXPECT_EQ(test::first_difference(zeros, run_with(padding)), "") << test::reproduce();
  for (int b = 0; b < row_.batch; ++b)
    for (int t = 0; t < row_.steps; ++t)
      for (int i = 0; i < 2 && padded(b, t); ++i)
        EXPECT_EQ(at(zeros[1].second, b, t, i), 0) << test::reproduce();
}

/// With zeros in the padding of the outputs, what arrives there as a gradient does not count.
TEST_P(RecurrentRagged, GradientsArrivingAtZeroPaddingDoNotCount) {
  if (row_.options.padded_output == PaddedOutput::hold) return;  // held outputs pass theirs on
  const auto run_with = [&](double spoil) {
    Recurrent layer = test::make_recurrent_layer(row_, DType::f32);
    const Variable x(input_.x.value().clone(), true);
    const RecurrentResult result = layer.run(x, input_.state, input_.padding);
    Tensor gradient = test::draw(result.output.shape(), DType::f32, 5);
    const int64_t width = gradient.size(2);
    for (int b = 0; b < row_.batch; ++b)
      for (int t = 0; t < row_.steps; ++t)
        for (int64_t i = 0; i < width && padded(b, t); ++i)
          gradient.data<float>()[(int64_t{b} * row_.steps + t) * width + i] =
              static_cast<float>(spoil);
    result.output.backward(gradient);
    NamedTensors found = layer.gradients();
    found.emplace_back("gradient of x", x.grad());
    return found;
  };
  EXPECT_EQ(test::first_difference(run_with(0), run_with(std::nan(""))), "") << test::reproduce();
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentRagged, testing::ValuesIn(ragged_cases()),
                         [](const auto& row) { return row.param.name; });

TEST(RecurrentShape, OutputsAndStates) {
  RecurrentOptions options;
  options.cell = "lstm";
  options.input_size = 3;
  options.hidden_size = 4;
  options.num_layers = 2;
  options.direction = DirectionOf::both;
  Generator generator(1);
  const Recurrent layer(options, generator);
  const RecurrentResult result = layer.run(Variable(Tensor({7, 5, 3})));
  EXPECT_EQ(result.output.shape(), (Shape{7, 5, 8}));
  EXPECT_EQ(result.state.h().shape(), (Shape{4, 5, 4}));
  EXPECT_EQ(result.state.c().shape(), (Shape{4, 5, 4}));
  EXPECT_FALSE(result.state.values[2].defined());
  EXPECT_EQ(layer.output_size(3), 8);
}

TEST(RecurrentShape, InputsAreNotChanged) {
  for (const RecurrentCase& row : test::for_every_cell({{"plain", [](RecurrentCase& r) {
                                                           r.ragged = Ragged::right;
                                                           r.given_state = true;
                                                         }}})) {
    const test::RecurrentInput input = test::make_input(row, DType::f32);
    const Tensor x = input.x.value().clone(), h = input.state.h().value().clone();
    const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
    const Variable all = test::joined(layer.run(input.x, input.state, input.padding));
    all.backward(test::draw(all.shape(), DType::f32, 5));
    EXPECT_EQ(test::first_difference(x, input.x.value()), "") << row.name;
    EXPECT_EQ(test::first_difference(h, input.state.h().value()), "") << row.name;
  }
}

TEST(RecurrentShape, FrozenParametersReceiveNoGradient) {
  for (const RecurrentCase& row : test::for_every_cell(
           {{"few", [](RecurrentCase&) {}}, {"slices", [](RecurrentCase& r) { r.batch = 40; }}})) {
    const test::RecurrentInput input = test::make_input(row, DType::f32);
    Recurrent layer = test::make_recurrent_layer(row, DType::f32);
    const Variable free = layer.run(input.x).output;
    free.backward(test::draw(free.shape(), DType::f32, 5));
    const Tensor wanted = input.x.grad().clone();
    for (Variable& parameter : layer.parameters()) {
      parameter.set_requires_grad(false);
      parameter.grad() = Tensor();
    }
    input.x.zero_grad();
    const Variable frozen = layer.run(input.x).output;
    frozen.backward(test::draw(frozen.shape(), DType::f32, 5));
    EXPECT_EQ(test::first_difference(wanted, input.x.grad()), "") << row.name;
    for (const Variable& parameter : layer.parameters())
      EXPECT_FALSE(parameter.grad().defined()) << row.name;
  }
}

}  // namespace
}  // namespace sluice
