// Dropout, zoneout and clocks inside the recurrence: exact gradients of every cell under every mask
// it has a place for, the same bits for any number of threads, and masks where they belong.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "recurrent_case.h"
#include "sluice/autograd/gradient_check.h"

namespace sluice {
namespace {

using test::Ragged;
using test::RecurrentCase;

/// Every cell under every mask that it has a place for.
std::vector<RecurrentCase> mask_cases() {
  std::vector<RecurrentCase> rows = test::for_every_cell({
      {"variational_input", [](RecurrentCase& row) { row.options.dropout.input = 0.4; }},
      {"variational_hidden", [](RecurrentCase& row) { row.options.dropout.hidden = 0.4; }},
      {"untied_input",
       [](RecurrentCase& row) {
         row.options.dropout.input = 0.4;
         row.options.dropout.tied = false;
       }},
      {"untied_wide_input",
       [](RecurrentCase& row) {
         row.options.dropout.input = 0.4;
         row.options.dropout.tied = false;
         row.options.input_size = 9;
       }},
      {"untied_raw_input",  // as wide as the units: some cells read it without a matrix
       [](RecurrentCase& row) {
         row.options.dropout.input = 0.4;
         row.options.dropout.tied = false;
         row.options.input_size = 5;
       }},
      {"untied_hidden",
       [](RecurrentCase& row) {
         row.options.dropout.hidden = 0.4;
         row.options.dropout.tied = false;
       }},
      {"untied_both_stacked",
       [](RecurrentCase& row) {
         row.options.dropout.input = row.options.dropout.hidden = 0.3;
         row.options.dropout.tied = false;
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.options.batch_first = true;
         row.batch = 2;
         row.steps = 3;
       }},
      {"update_each_step", [](RecurrentCase& row) { row.options.dropout.update = 0.4; }},
      {"update_for_the_sequence",
       [](RecurrentCase& row) {
         row.options.dropout.update = 0.4;
         row.options.dropout.update_each_step = false;
       }},
      {"cell", [](RecurrentCase& row) { row.options.dropout.cell = 0.4; }},
      {"weights", [](RecurrentCase& row) { row.options.dropout.weights = 0.4; }},
      {"weight_rows",
       [](RecurrentCase& row) {
         row.options.dropout.weights = 0.4;
         row.options.dropout.weight_rows = true;
       }},
      {"zoneout_hidden", [](RecurrentCase& row) { row.options.dropout.zoneout_hidden = 0.4; }},
      {"zoneout_cell", [](RecurrentCase& row) { row.options.dropout.zoneout_cell = 0.4; }},
      {"clocks", [](RecurrentCase& row) { row.options.structure = {1, {1, 3, 2}, 1}; }},
      {"heads",
       [](RecurrentCase& row) {
         row.options.structure.heads = 3;
         row.options.hidden_size = 9;
       }},
      {"projection", [](RecurrentCase& row) { row.options.structure.projection = 3; }},
      {"projection_both",
       [](RecurrentCase& row) {
         row.options.structure.projection = 2;
         row.options.direction = DirectionOf::both;
         row.options.num_layers = 2;
         row.batch = 2;
         row.steps = 3;
       }},
      {"several",
       [](RecurrentCase& row) {
         row.options.dropout.input = row.options.dropout.zoneout_hidden = 0.3;
         row.options.direction = DirectionOf::both;
       }},
  });
  for (RecurrentCase& row : rows) {
    row.ragged = Ragged::right;
    row.given_state = true;
  }
  std::erase_if(rows, [](const RecurrentCase& row) { return !test::accepts(row); });
  return rows;
}

class RecurrentMasks : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentMasks, Gradient) {
  const RecurrentCase& row = GetParam();
  const test::Threads scope(1);
  Recurrent layer = test::make_recurrent_layer(row, DType::f64);
  const test::RecurrentInput input = test::make_input(row, DType::f64);
  std::vector<Variable> leaves = layer.parameters();
  leaves.push_back(input.x);
  for (const Variable& state : input.state.values)
    if (state.defined()) leaves.push_back(state);
  for (bool training : {true, false}) {
    layer.train(training);
    const auto run = [&] {
      layer.load_state(layer.state());  // places that hold no parameter stay zero
      MaskKey key{5, 3, 0};             // the same masks each time
      layer.set_mask_key(key);
      return test::joined(layer.run(input.x, input.state, input.padding));
    };
    const GradientCheck check = check_gradients(run, leaves);
    EXPECT_LE(check.deviation, 1e-7)
        << (training ? "training " : "") << check.where << ": " << check.analytic << " against "
        << check.numeric << "; " << test::reproduce();
  }
}

TEST_P(RecurrentMasks, SameBitsForAnyThreads) {
  RecurrentCase row = GetParam();
  row.batch = 40;
  if (row.options.structure.heads == 1) test::resize(row, 20);
  NamedTensors first;
  for (int threads : {1, 2, 3, 5}) {
    const test::Threads scope(threads);
    const NamedTensors found = test::run_and_differentiate(row, DType::f32);
    if (first.empty()) first = found;
    ASSERT_EQ(test::first_difference(first, found), "")
        << threads << " threads; " << test::reproduce();
  }
}

// Units shared by threads: few rows, many units.
TEST_P(RecurrentMasks, SameBitsWhereThreadsShareUnits) {
  RecurrentCase row = GetParam();
  row.batch = 4;
  test::resize(row, 132);
  row.options.num_layers = 1;
  NamedTensors first;
  for (int threads : {1, 2, 3}) {
    const test::Threads scope(threads);
    const NamedTensors found = test::run_and_differentiate(row, DType::f32);
    if (first.empty()) first = found;
    ASSERT_EQ(test::first_difference(first, found), "")
        << threads << " threads; " << test::reproduce();
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentMasks, testing::ValuesIn(mask_cases()),
                         [](const auto& row) { return row.param.name; });

// ---- Where a mask strikes: an LSTM step by step, as the papers write it -------------------------

struct Lstm {
  int inputs, units;
  NamedTensors weights;
  RecurrentDropout rates;
  MaskKey key;

  double sigmoid(double z) const { return 1 / (1 + std::exp(-z)); }
  /// One for all gates, or where they are untied one for each.
  std::vector<std::vector<double>> gate_masks(MaskKind kind, double rate, int row,
                                              int count) const {
    std::vector<std::vector<double>> masks;
    for (int gate = 0; gate < 4; ++gate)
      masks.push_back(mask(kind, rate, row, rates.tied ? 0 : gate, count));
    return masks;
  }
  std::vector<double> mask(MaskKind kind, double rate, int row, int step, int count,
                           bool scaled = true) const {
    std::vector<double> drawn((count + 3) / 4 * 4, 1.0);
    if (rate == 0) return drawn;
    const MaskRule rule{rates, key, 0, true, {}};
    draw_mask(rule, {kind, static_cast<uint32_t>(row), static_cast<uint32_t>(step), 0, count}, rate,
              scaled ? 1 / (1 - rate) : 1.0, drawn.data());
    return drawn;
  }

  /// Row `b` of x [T,B,I] → its last h and c.
  void run(const Tensor& x, int b, std::vector<double>& h, std::vector<double>& c) const {
    const Tensor &w = weights[0].second, &u = weights[1].second;
    const auto mx = gate_masks(MaskKind::input, rates.input, b, inputs);
    const auto mh = gate_masks(MaskKind::hidden, rates.hidden, b, units);
    const auto mc = mask(MaskKind::cell, rates.cell, b, 0, units);
    h.assign(units, 0), c.assign(units, 0);
    for (int t = 0; t < x.size(0); ++t) {
      const auto mg =
          mask(MaskKind::update, rates.update, b, rates.update_each_step ? t : 0, units);
      const auto zh = mask(MaskKind::zoneout_hidden, rates.zoneout_hidden, b, t, units, false);
      const auto zc = mask(MaskKind::zoneout_cell, rates.zoneout_cell, b, t, units, false);
      std::vector<double> next_h = h, next_c = c;
      for (int k = 0; k < units; ++k) {
        double z[4];
        for (int gate = 0; gate < 4; ++gate) {
          const int row = gate * units + k;
          const auto mw =
              mask(MaskKind::weights, rates.weights, row, 1, rates.weight_rows ? 1 : units);
          z[gate] = weights[2].second.item(row) + weights[3].second.item(row);
          for (int i = 0; i < inputs; ++i)
            z[gate] +=
                w.item(row * inputs + i) * mx[gate][i] * x.item((t * x.size(1) + b) * inputs + i);
          for (int j = 0; j < units; ++j)
            z[gate] += u.item(row * units + j) * mw[rates.weight_rows ? 0 : j] * mh[gate][j] * h[j];
        }
        const double update = sigmoid(z[0]) * mg[k] * std::tanh(z[2]);
        const double cell = mc[k] * (sigmoid(z[1]) * c[k] + update);
        next_c[k] = zc[k] == 0 ? c[k] : cell;
        next_h[k] = zh[k] == 0 ? h[k] : sigmoid(z[3]) * std::tanh(cell);
      }
      h = next_h, c = next_c;
    }
  }
};

struct Placement {
  const char* name;
  RecurrentDropout rates;
};
void PrintTo(const Placement& row, std::ostream* out) { *out << row.name; }

class DropoutPlacement : public testing::TestWithParam<Placement> {};

TEST_P(DropoutPlacement, IsThePapers) {
  RecurrentCase row;
  row.options.input_size = 3;
  row.options.hidden_size = 7;
  row.options.dropout = GetParam().rates;
  Recurrent layer = test::make_recurrent_layer(row, DType::f64);
  const Tensor x = test::draw({5, 2, 3}, DType::f64, 4);
  const MaskKey given{11, 2, 0};
  MaskKey key = given;
  layer.set_mask_key(key);
  EXPECT_EQ(key.layer, 1u);
  const RecurrentResult result = layer.run(Variable(x));
  const Lstm reference{3, 7, layer.state(), row.options.dropout, given};
  for (int b = 0; b < 2; ++b) {
    std::vector<double> h, c;
    reference.run(x, b, h, c);
    for (int k = 0; k < 7; ++k) {
      EXPECT_NEAR(result.state.h().value().item(b * 7 + k), h[k], 1e-12) << b << " " << k;
      EXPECT_NEAR(result.state.c().value().item(b * 7 + k), c[k], 1e-12) << b << " " << k;
    }
  }
}

RecurrentDropout rates(void (*change)(RecurrentDropout& rates)) {
  RecurrentDropout made;
  change(made);
  return made;
}

INSTANTIATE_TEST_SUITE_P(
    Lstm, DropoutPlacement,
    testing::Values(Placement{"none", {}},
                    Placement{"input", rates([](RecurrentDropout& r) { r.input = 0.5; })},
                    Placement{"hidden", rates([](RecurrentDropout& r) { r.hidden = 0.5; })},
                    Placement{"untied", rates([](RecurrentDropout& r) {
                                r.input = r.hidden = 0.5;
                                r.tied = false;
                              })},
                    Placement{"update", rates([](RecurrentDropout& r) { r.update = 0.5; })},
                    Placement{"update_for_the_sequence", rates([](RecurrentDropout& r) {
                                r.update = 0.5;
                                r.update_each_step = false;
                              })},
                    Placement{"cell", rates([](RecurrentDropout& r) { r.cell = 0.5; })},
                    Placement{"weights", rates([](RecurrentDropout& r) { r.weights = 0.5; })},
                    Placement{"weight_rows", rates([](RecurrentDropout& r) {
                                r.weights = 0.5;
                                r.weight_rows = true;
                              })},
                    Placement{"zoneout", rates([](RecurrentDropout& r) {
                                r.zoneout_hidden = 0.2;
                                r.zoneout_cell = 0.6;
                              })}),
    [](const auto& row) { return std::string(row.param.name); });

// Gates that may read copies of their own stand apart in memory; outside training that changes no
// bit, of a sequence or of a step.
TEST(UntiedMasks, LeaveTheBitsOutsideTrainingAlone) {
  for (const std::string& cell : test::cells_of_tables()) {
    RecurrentCase row;
    row.options.cell = cell;
    row.options.input_size = 3;
    row.options.hidden_size = 20;
    row.options.dropout.input = 0.5;
    if (!test::without_meaning(row.options).empty()) continue;
    Recurrent tied = test::make_recurrent_layer(row, DType::f32);
    row.options.dropout.tied = false;
    Recurrent untied = test::make_recurrent_layer(row, DType::f32);
    tied.train(false), untied.train(false);
    const Variable x(test::draw({6, 3, 3}, DType::f32, 4));
    const Tensor whole = tied.run(x).output.value();
    EXPECT_EQ(test::first_difference(whole, untied.run(x).output.value()), "") << cell;
    RecurrentStream stream(untied, 3);
    Tensor y({3, 20});
    for (int t = 0; t < 6; ++t) {
      stream.step(x.value().data<float>() + int64_t{t} * 9, y.data<float>());
      for (int i = 0; i < 60; ++i)
        ASSERT_EQ(y.item(i), whole.item(int64_t{t} * 60 + i)) << cell << " step " << t;
    }
  }
}

// A program that runs a layer many times under one key gets other masks each time.
TEST(DropoutRuns, HaveMasksOfTheirOwn) {
  RecurrentCase row;
  row.options.hidden_size = 20;
  row.options.dropout.hidden = 0.5;
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const Variable x(test::draw({4, 3, 1}, DType::f32, 4));
  std::vector<Tensor> found;
  for (int run = 0; run < 40; ++run) {
    found.push_back(layer.run(x).output.value().clone());
    for (int before = 0; before < run; ++before)
      EXPECT_NE(test::first_difference(found[before], found[run]), "") << before << " " << run;
  }
}

// As many numbers go as the rate says: 4 standard deviations of 40,000 draws.
TEST(DropoutRate, IsKept) {
  std::vector<float> mask(40000);
  for (double rate : {0.1, 0.5, 0.9}) {
    const MaskRule rule{{}, {3, 1, 0}, 0, true, {}};
    draw_mask(rule, {MaskKind::hidden, 2, 0, 0, 40000}, rate, 1.0f, mask.data());
    const auto gone = static_cast<double>(std::count(mask.begin(), mask.end(), 0.0f));
    EXPECT_NEAR(gone / 40000, rate, 4 * std::sqrt(rate * (1 - rate) / 40000));
  }
}

}  // namespace
}  // namespace sluice
