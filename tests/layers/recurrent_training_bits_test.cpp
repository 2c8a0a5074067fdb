// Parameters after a hundred Adam steps have the same bits with any number of threads.
#include <gtest/gtest.h>

#include "recurrent_case.h"
#include "sluice/layers/linear.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

void set_sizes(RecurrentCase& row, int batch, int hidden_size) {
  row.batch = batch;
  row.steps = 3;
  row.options.input_size = 3;
  row.options.hidden_size = hidden_size;
  row.options.batch_first = true;
}

std::vector<RecurrentCase> training_cases() {
  return test::for_every_cell({
      {"units", [](RecurrentCase& row) { set_sizes(row, 4, 160); }},
      {"units_ragged",
       [](RecurrentCase& row) {
         set_sizes(row, 4, 160);
         row.ragged = Ragged::left;
       }},
      {"rows", [](RecurrentCase& row) { set_sizes(row, 50, 24); }},
      {"rows_ragged",
       [](RecurrentCase& row) {
         set_sizes(row, 50, 24);
         row.ragged = Ragged::right;
       }},
  });
}

#ifdef SLUICE_FEW_CELLS
constexpr int updates = 10;  // a sanitizer sees the same code in each
#else
constexpr int updates = 100;
#endif

/// Every parameter of Recurrent + Linear after training on random data, the first loss and the
/// last.
NamedTensors train(const RecurrentCase& row) {
  Generator generator(3);
  Recurrent layer(row.options, generator);
  Linear head({layer.output_size(0), 2}, generator);
  std::vector<Variable> parameters = layer.parameters();
  for (const Variable& v : head.parameters()) parameters.push_back(v);
  const std::unique_ptr<Optimizer> adam = make_optimizer("adam", Options(), parameters);
  const test::RecurrentInput input = test::make_input(row, DType::f32);
  const Tensor target = test::draw({row.batch, row.steps, 2}, DType::f32, 21);
  Tensor first, last;
  for (int update = 0; update < updates; ++update) {
    adam->zero_grad();
    const Variable y = head.forward(layer.forward(input.x.detach(), input.padding));
    const Variable loss = mse_loss(y, target, input.padding);
    loss.backward();
    adam->step(0.01);
    last = loss.value();
    if (update == 0) first = last.clone();
  }
  NamedTensors all = layer.state();
  for (auto& tensor : head.state()) all.push_back(std::move(tensor));
  all.emplace_back("first loss", first);
  all.emplace_back("loss", last);
  return all;
}

class RecurrentTrainingBits : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentTrainingBits, AfterAdamSteps) {
  const RecurrentCase& row = GetParam();
  NamedTensors alone;
  for (int threads : {1, 2, 3, 5}) {
    const test::Threads scope(threads);
    NamedTensors found = train(row);
    if (threads == 1) alone = found;
    EXPECT_EQ(test::first_difference(alone, found), "")
        << threads << " threads; " << test::reproduce();
    // Training that stood still, or ran away, would have equal bits too.
    const double first = found[found.size() - 2].second.item();
    EXPECT_LT(found.back().second.item(), first) << test::reproduce();
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentTrainingBits, testing::ValuesIn(training_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
