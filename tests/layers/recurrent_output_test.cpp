// What a layer gives back: outputs of all steps, the last one or none, a state beside each; and
// long sequences in pieces, each of which goes on from the state of the one before.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "recurrent_case.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/reduce.h"
#include "sluice/base/error.h"

namespace sluice {
namespace {

using test::RecurrentCase;

/// Two layers of each cell.
std::vector<RecurrentCase> stacks() {
  return test::for_every_cell({{"stacked", [](RecurrentCase& row) {
                                  row.options.num_layers = 2;
                                  row.given_state = true;
                                }}});
}

// Keras' return_sequences and return_state in all four ways, and the states alone.
TEST(RecurrentOutputs, AreThreeViewsOfOneRun) {
  for (RecurrentCase row : stacks()) {
    const auto run = [&](Outputs outputs) {
      row.options.outputs = outputs;
      const test::RecurrentInput input = test::make_input(row, DType::f32);
      return test::make_recurrent_layer(row, DType::f32).run(input.x, input.state);
    };
    const RecurrentResult all = run(Outputs::all), last = run(Outputs::last),
                          none = run(Outputs::none);
    EXPECT_FALSE(none.output.defined()) << row.name;
    EXPECT_EQ(test::first_difference(select(all.output, 0, 3).value(), last.output.value()), "")
        << row.name;
    if (last.output.shape() == Shape{3, 5}) {  // it is h and nothing else
      const Tensor top = select(last.state.h(), 0, 1).value();
      EXPECT_EQ(test::first_difference(top, last.output.value()), "") << row.name;
    }
    for (int k = 0; k < max_states; ++k) {
      ASSERT_EQ(all.state.values[k].defined(), none.state.values[k].defined()) << row.name;
      if (!all.state.values[k].defined()) continue;
      for (const RecurrentResult* other : {&last, &none})
        EXPECT_EQ(
            test::first_difference(all.state.values[k].value(), other->state.values[k].value()), "")
            << row.name << " " << k;
    }
  }
}

TEST(RecurrentOutputs, NoneHaveNothingToHandOn) {
  RecurrentCase row = stacks().front();
  row.options.outputs = Outputs::none;
  Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  try {
    layer.forward(test::make_input(row, DType::f32).x);
    FAIL() << "forward() of a layer without outputs";
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "layer.outputs");
  }
}

/// Runs twelve steps in pieces of four, each from the state of the one before, cut off from it or
/// not, and back from the sum of all outputs; returns every gradient.
NamedTensors in_pieces(const RecurrentCase& row, bool cut, std::vector<Variable>& pieces) {
  const Recurrent layer = test::make_recurrent_layer(row, DType::f64);
  RecurrentState state;
  Variable total;
  for (Variable& x : pieces) {
    const RecurrentResult result = layer.run(x, state);
    state = cut ? result.state.detach() : result.state;
    const Variable loss = sum(result.output * result.output);
    if (cut)
      loss.backward();  // and the piece is over: its memory is free
    else
      total = total.defined() ? total + loss : loss;
  }
  if (!cut) total.backward();
  NamedTensors found = layer.gradients();
  for (const Variable& x : pieces) found.emplace_back("x", x.grad().clone());
  return found;
}

std::vector<Variable> three_pieces(const Tensor& x) {
  std::vector<Variable> pieces;
  for (int i = 0; i < 3; ++i)
    pieces.emplace_back(slice(Variable(x), 0, 4 * i, 4 * i + 4).value().clone(), true);
  return pieces;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i)
    largest = std::max(largest, std::abs(a.item(i) - b.item(i)));
  return largest;
}

// Stateful training with truncated backpropagation through time.
TEST(RecurrentPieces, GradientsStopWhereTheStateIsCutOff) {
  for (const RecurrentCase& row : stacks()) {
    const Tensor x = test::draw({12, 3, row.options.input_size}, DType::f64, 9);
    std::vector<Variable> whole = {Variable(x.clone(), true)}, joined = three_pieces(x),
                          cut = three_pieces(x), alone = three_pieces(x);
    const NamedTensors of_whole = in_pieces(row, false, whole);
    const NamedTensors of_joined = in_pieces(row, false, joined);
    const NamedTensors of_cut = in_pieces(row, true, cut);
    const size_t parameters = of_whole.size() - 1;
    double truncated = 0;
    for (size_t i = 0; i < parameters; ++i) {
      EXPECT_LE(largest_difference(of_whole[i].second, of_joined[i].second), 1e-10) << row.name;
      truncated = std::max(truncated, largest_difference(of_whole[i].second, of_cut[i].second));
    }
    const bool goes_on = row.options.cell != "grid1";  // its one dimension is that of the layers
    EXPECT_EQ(truncated > 1e-4, goes_on) << row.name;  // something was cut off
    // The last piece has nothing after it; the first one's gradient is that of it alone.
    EXPECT_EQ(test::first_difference(of_joined.back().second, of_cut.back().second), "")
        << row.name;
    alone.resize(1);
    const NamedTensors of_first = in_pieces(row, true, alone);
    EXPECT_EQ(test::first_difference(of_first.back().second, of_cut[parameters].second), "")
        << row.name;
    EXPECT_EQ(test::first_difference(of_joined[parameters].second, of_cut[parameters].second) == "",
              !goes_on)
        << row.name;
  }
}

}  // namespace
}  // namespace sluice
