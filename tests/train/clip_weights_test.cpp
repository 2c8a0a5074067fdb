// Bounds of parameters by name, alone and in training.
#include "sluice/train/clip_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

std::unique_ptr<Sequential> model(const std::string& cell, const std::string& hidden_size) {
  std::vector<LayerChoice> layers = {{cell, {}}, {"linear", {}}};
  layers[0].options.set("hidden_size", hidden_size);
  layers[0].options.set("num_layers", "2");
  layers[0].options.set("direction", "both");
  Generator generator(2);
  return make_sequential(layers, 2, generator);
}

struct ClipCase {
  std::vector<WeightClip> clips;
  std::vector<std::pair<std::string, double>> bounds;  // by the beginnings of parameters' names
};

TEST(WeightClips, BoundWhatTheirNamesMeanAndNothingElse) {
  const ClipCase rows[] = {
      {{}, {}},
      {{{"", 0.1}}, {{"", 0.1}}},
      {{{"weight_hh", 0.1}}, {{"0.weight_hh", 0.1}}},
      {{{"bias", 0.2}, {"", 0.3}}, {{"0.bias", 0.2}, {"1.bias", 0.2}, {"", 0.3}}},
      {{{"weight_ih_l1_reverse", 0.05}, {"1", 0.2}},
       {{"0.weight_ih_l1_reverse", 0.05}, {"1.", 0.2}}},
  };
  for (const char* cell : {"gru", "clockwork", "peephole"})
    for (const ClipCase& row : rows) {
      const auto layers = model(cell, "5");
      const NamedTensors before = layers->state();
      const WeightClips clips(*layers, row.clips);
      clips.apply();
      const NamedTensors after = layers->state();
      int64_t changed = 0;
      for (size_t i = 0; i < before.size(); ++i) {
        float bound = std::numeric_limits<float>::infinity();
        for (const auto& [name, largest] : row.bounds)
          if (before[i].first.starts_with(name))
            bound = std::min(bound, static_cast<float>(largest));
        const auto was = before[i].second.values<float>(), is = after[i].second.values<float>();
        for (size_t k = 0; k < was.size(); ++k) {
          EXPECT_EQ(is[k], std::clamp(was[k], -bound, bound)) << cell << " " << before[i].first;
          changed += is[k] != was[k];
        }
      }
      EXPECT_EQ(changed > 0, !row.clips.empty()) << cell;
    }
}

TEST(WeightClips, LeaveWhatIsNoNumberToBeFound) {
  const auto layers = model("rnn", "3");
  NamedTensors state = layers->state();
  state[0].second.data<float>()[1] = std::numeric_limits<float>::quiet_NaN();
  layers->load_state(state);
  WeightClips(*layers, {{"", 0.1}}).apply();
  EXPECT_TRUE(std::isnan(layers->state()[0].second.item(1)));
}

TEST(WeightClips, RefuseWhatMeansNothing) {
  const auto layers = model("gru", "3");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const WeightClip& wrong :
       {WeightClip{"weight_hx", 1}, {"u", 1}, {"bias", 0}, {"bias", -1}, {"", nan}}) {
    try {
      WeightClips(*layers, {wrong});
      ADD_FAILURE() << wrong.name << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.id, "train.clip_weights");
    }
  }
}

/// Rows whose target is many times what went in: units do well to remember more than all.
Dataset growing(int64_t steps) {
  Dataset rows{Tensor({32, steps, 2}), Tensor({32, 1}), {}};
  Generator generator(3);
  generator.uniform(rows.x.values<float>(), 0, 1);
  for (int64_t i = 0; i < 32; ++i)
    rows.y.data<float>()[i] = 20 * rows.x.data<float>()[2 * steps * i];
  return rows;
}

double largest(const Module& module, const std::string& name) {
  double most = 0;
  for (const auto& [found, tensor] : module.state())
    if (found.starts_with(name))
      for (int64_t i = 0; i < tensor.numel(); ++i) most = std::max(most, std::abs(tensor.item(i)));
  return most;
}

// Li et al. 2018: |u| <= 2^(1/T), so that no memory grows beyond twice itself in T steps.
TEST(WeightClips, HoldIndRnnToItsBoundAfterEveryUpdate) {
  constexpr int64_t steps = 6;
  const double bound = std::pow(2.0, 1.0 / steps);
  const Dataset data = growing(steps);
  std::vector<int64_t> rows(static_cast<size_t>(data.size()));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
  TrainOptions options;
  const auto free = model("indrnn", "8"), held = model("indrnn", "8");
  Trainer unbounded(*free, options);
  options.clip_weights = {{"u", bound}};
  Trainer bounded(*held, options);
  double most = 0;
  for (int update = 0; update < 60; ++update) {
    unbounded.step(data, rows, 0.02);
    bounded.step(data, rows, 0.02);
    most = std::max(most, largest(*held, "0.u"));
  }
  EXPECT_GT(largest(*free, "0.u"), bound + 0.02);  // there is something to hold
  EXPECT_LE(most, bound + 1e-6);
  EXPECT_GT(most, bound - 1e-6);
}

TEST(WeightClips, SameBitsForAnyThreadsAndNoHeap) {
  std::vector<float> first;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    Generator generator(1);
    LayerChoice wide{"linear", {}};
    wide.options.set("output_size", "70000");
    const auto layers = make_sequential({wide}, 2, generator);
    const WeightClips clips(*layers, {{"weight", 0.3}});
    clips.apply();  // threads start
    layers->parameters()[0].value().fill(0.7);
    const test::AllocationCounter counter;
    clips.apply();
    EXPECT_EQ(counter.count(), 0);
    const Tensor weight = layers->state()[0].second;
    const auto values = weight.values<float>();
    if (first.empty()) first.assign(values.begin(), values.end());
    EXPECT_TRUE(std::equal(first.begin(), first.end(), values.begin())) << threads << " threads";
    EXPECT_EQ(values.back(), 0.3F);
  }
  set_num_threads(0);
}

}  // namespace
}  // namespace sluice
