// Training by segments, which are run forward again going back: the bits of training without.
#include <gtest/gtest.h>

#include <memory>

#include "recurrent_case.h"
#include "sluice/base/error.h"
#include "sluice/engine/segment_plan.h"
#include "sluice/layers/recurrent_body.h"
#include "sluice/tensor/pool.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

/// Twenty rows of a slice owe their gradients every 13 steps: three segments and a rest.
std::vector<RecurrentCase> segment_cases() {
  std::vector<RecurrentCase> rows = test::for_every_cell({
      {"plain", [](RecurrentCase&) {}},
      {"state_last",
       [](RecurrentCase& row) {
         row.given_state = true;
         row.options.outputs = Outputs::last;
       }},
      {"both_stacked_right",
       [](RecurrentCase& row) {
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.ragged = Ragged::right;
         row.given_state = true;
       }},
      {"gaps_batch_first",
       [](RecurrentCase& row) {
         row.ragged = Ragged::gaps;
         row.options.batch_first = true;
         row.options.padded_output = PaddedOutput::hold;
       }},
      {"one_row",
       [](RecurrentCase& row) {
         row.batch = 1;
         row.steps = 300;
       }},
      {"one_row_wide",  // wider than what is run a call a step
       [](RecurrentCase& row) {
         row.batch = 1;
         row.steps = 300;
         row.options.hidden_size = 40;
       }},
      {"sequence_masks",
       [](RecurrentCase& row) {
         row.options.dropout.input = row.options.dropout.hidden = 0.3;
         row.options.dropout.tied = false;
       }},
      {"step_masks",
       [](RecurrentCase& row) {
         row.options.dropout.zoneout_hidden = row.options.dropout.update = 0.3;
         row.ragged = Ragged::left;
       }},
      {"weight_masks", [](RecurrentCase& row) { row.options.dropout.weights = 0.3; }},
      {"clocks",
       [](RecurrentCase& row) {
         row.options.structure = {1, {1, 3, 2}, 1};
         row.given_state = true;
       }},
      {"projection",
       [](RecurrentCase& row) {
         row.options.structure.projection = 3;
         row.given_state = true;
       }},
      {"slices",
       [](RecurrentCase& row) {
         row.batch = 40;
         row.ragged = Ragged::right;
       }},
  });
  for (RecurrentCase& row : rows) {
    if (row.batch == 3) row.batch = 20;
    if (row.steps == 4) row.steps = 40;
  }
  std::erase_if(rows, [](const RecurrentCase& row) { return !test::accepts(row); });
  return rows;
}

class RecurrentSegments : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentSegments, GiveTheSameBits) {
  RecurrentCase row = GetParam();
  const NamedTensors whole = test::run_and_differentiate(row, DType::f32);
  for (const int segment : {1, 20}) {
    row.options.segment = segment;
    for (const int threads : {1, 3}) {
      const test::Threads scope(threads);
      ASSERT_EQ(test::first_difference(whole, test::run_and_differentiate(row, DType::f32)), "")
          << "segment " << segment << ", " << threads << " threads; " << test::reproduce();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentSegments, testing::ValuesIn(segment_cases()),
                         [](const auto& row) { return row.param.name; });

// Threads that share the units meet at every border.
TEST(RecurrentSegment, SameBitsWhereThreadsShareUnits) {
  for (const char* cell : {"lstm", "gru_reset_before", "clockwork", "layer_norm_lstm"}) {
    RecurrentCase row;
    row.options.cell = cell;
    row.options.hidden_size = 132;
    row.options.dropout.update = cell == std::string("lstm") ? 0.3 : 0;
    row.batch = 10;
    row.steps = 70;
    row.given_state = true;
    const NamedTensors whole = test::run_and_differentiate(row, DType::f64);
    for (const int segment : {0, 10})
      for (const int threads : {1, 2, 3}) {
        row.options.segment = segment;
        const test::Threads scope(threads);
        ASSERT_EQ(test::first_difference(whole, test::run_and_differentiate(row, DType::f64)), "")
            << cell << ", segment " << segment << ", " << threads << " threads";
      }
  }
}

TEST(RecurrentSegment, AreWhereGradientsAreAddedAnyway) {
  RecurrentCase row;
  row.options.hidden_size = 20;
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const CellLayout& layout = layer.body()->directions[0].layout;
  const SegmentPlan plan(layout, RowPlan(40, 20, 1, {}), 4, 10);
  ASSERT_EQ(plan.count(0), 4);  // 256 rows, of 20 a step: 13 steps, counted from the last
  for (int i = 0; i < 5; ++i) EXPECT_EQ(plan.begin(0, i), std::vector({0, 1, 14, 27, 40})[i]);
  EXPECT_EQ(plan.longest(), 13);
  const SegmentPlan two(layout, RowPlan(40, 40, 2, {}), 4, 14);
  for (const int slice : {0, 1}) EXPECT_EQ(two.begin(slice, two.count(slice) - 1), 14);
}

/// Bytes that a training pass leaves in memory until its gradients are wanted.
size_t kept(int segment) {
  RecurrentCase row;
  row.options.hidden_size = 24;
  row.options.segment = segment;
  row.batch = 16;
  row.steps = 512;
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const test::RecurrentInput input = test::make_input(row, DType::f32);
  auto result = std::make_unique<RecurrentResult>(layer.run(input.x));
  const size_t before = pool_cached_bytes();
  result.reset();
  return pool_cached_bytes() - before;
}

/// The output is an eighth of it by itself, where units fill their vectors.
TEST(RecurrentSegment, KeepAFifthOfTheMemory) { EXPECT_LT(5 * kept(32), kept(0)); }

TEST(RecurrentSegment, OfNegativeLengthAreRefused) {
  Generator generator(1);
  EXPECT_THROW(Recurrent({.segment = -1}, generator), Error);
}

}  // namespace
}  // namespace sluice
