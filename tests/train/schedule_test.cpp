#include "sluice/train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sluice/base/error.h"
#include "sluice/train/clip.h"

namespace sluice {
namespace {

Schedule make(const std::string& name,
              const std::vector<std::pair<std::string, std::string>>& items = {}) {
  Options options("schedule");
  for (const auto& [key, value] : items) options.set(key, value);
  return make_schedule(name, 0.1, 20, options);
}

TEST(Schedule, FollowsItsFormula) {
  EXPECT_EQ(make("constant")(17), 0.1);
  const Schedule step = make("step", {{"every", "5"}, {"factor", "0.5"}});
  EXPECT_EQ(step(4), 0.1);
  EXPECT_DOUBLE_EQ(step(5), 0.05);
  EXPECT_DOUBLE_EQ(step(14), 0.025);
  EXPECT_DOUBLE_EQ(make("exponential", {{"factor", "0.9"}})(3), 0.1 * 0.9 * 0.9 * 0.9);
  const Schedule cosine = make("cosine", {{"minimum", "0.02"}});
  EXPECT_DOUBLE_EQ(cosine(0), 0.1);
  EXPECT_DOUBLE_EQ(cosine(10), 0.06);
  EXPECT_NEAR(cosine(20), 0.02, 1e-15);
  EXPECT_NEAR(cosine(50), 0.02, 1e-15);
}

TEST(Schedule, TablesHoldUntilTheNextEpochNamed) {
  for (const Schedule& table :
       {make("table", {{"10", "5e-4"}, {"0", "1e-3"}}), table_schedule({{10, 5e-4}, {0, 1e-3}})}) {
    EXPECT_EQ(table(0), 1e-3);
    EXPECT_EQ(table(9), 1e-3);
    EXPECT_EQ(table(10), 5e-4);
    EXPECT_EQ(table(1000), 5e-4);
  }
}

TEST(Schedule, RefusesWrongOptions) {
  EXPECT_THROW(make("cosin"), Error);
  EXPECT_THROW(make("constant", {{"factor", "1"}}), Error);
  EXPECT_THROW(make("step", {{"every", "0"}}), Error);
  EXPECT_THROW(make("step", {{"factor", "-1"}}), Error);
  EXPECT_THROW(make("table", {{"first", "1"}}), Error);
  EXPECT_THROW(make("table", {{"5", "1"}}), Error);
  EXPECT_THROW(make("table"), Error);
}

std::vector<Variable> with_gradients(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<Variable> parameters;
  for (const auto& values : {a, b}) {
    const auto count = static_cast<int64_t>(values.size());
    parameters.emplace_back(Tensor({count}), true);
    parameters.back().grad() = Tensor::from(std::span<const float>(values), {count});
  }
  return parameters;
}

TEST(Clip, ByNormScalesAllTogether) {
  const auto parameters = with_gradients({3, 0}, {0, 4});
  EXPECT_DOUBLE_EQ(gradient_norm(parameters), 5);
  EXPECT_DOUBLE_EQ(clip_norm(parameters, 1), 5);
  EXPECT_NEAR(parameters[0].grad().item(0), 3 / (5 + 1e-6), 1e-7);
  EXPECT_NEAR(parameters[1].grad().item(1), 4 / (5 + 1e-6), 1e-7);
  EXPECT_NEAR(clip_norm(parameters, 10), 1, 1e-6);
  EXPECT_NEAR(parameters[1].grad().item(1), 0.8, 1e-6) << "short gradients stay as they are";
}

TEST(Clip, ByValueCutsEveryElement) {
  const auto parameters = with_gradients({3, -0.1f}, {-7, NAN});
  clip_value(parameters, 0.5);
  EXPECT_EQ(parameters[0].grad().item(0), 0.5);
  EXPECT_FLOAT_EQ(static_cast<float>(parameters[0].grad().item(1)), -0.1f);
  EXPECT_EQ(parameters[1].grad().item(0), -0.5);
  EXPECT_TRUE(std::isnan(parameters[1].grad().item(1))) << "NaN must stay visible";
}

TEST(Clip, LeavesOutWhatHasNoGradient) {
  std::vector<Variable> parameters = with_gradients({3}, {4});
  parameters.emplace_back(Tensor({2}), true);
  EXPECT_DOUBLE_EQ(clip_norm(parameters, 1), 5);
  clip_value(parameters, 1);
  EXPECT_FALSE(parameters[2].grad().defined());
}

}  // namespace
}  // namespace sluice
