#include "sluice/forecast/ridge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sluice/base/random.h"

namespace sluice {
namespace {

// y1 = 3 + 2·x1 − x2, y2 = −1 + 0.5·x2.
void make_problem(Matrix& x, Matrix& y) {
  Generator generator(1);
  x = {50, 2, std::vector<double>(100)};
  y = {50, 2, std::vector<double>(100)};
  generator.normal(std::span(x.values));
  for (size_t i = 0; i < 50; ++i) {
    const double a = x.values[2 * i], b = x.values[2 * i + 1];
    y.values[2 * i] = 3 + 2 * a - b;
    y.values[2 * i + 1] = -1 + 0.5 * b;
  }
}

TEST(Ridge, FindsALinearRule) {
  Matrix x, y;
  make_problem(x, y);
  const LinearModel model = RidgeProblem(x, y).solve(1e-10);
  const std::vector<double> at = {10, 20};
  EXPECT_NEAR(model.predict(at)[0], 3 + 20 - 20, 1e-6);
  EXPECT_NEAR(model.predict(at)[1], -1 + 10, 1e-6);
}

TEST(Ridge, PenaltyPullsTowardsTheMean) {
  Matrix x, y;
  make_problem(x, y);
  const RidgeProblem problem(x, y);
  const LinearModel weak = problem.solve(1e-3), strong = problem.solve(1e6);
  EXPECT_LT(std::abs(strong.weights.values[0]), 1e-4 * std::abs(weak.weights.values[0]));
  double mean = 0;
  for (size_t i = 0; i < 50; ++i) mean += y.values[2 * i] / 50;
  EXPECT_NEAR(strong.predict(std::vector<double>{1, 1})[0], mean, 1e-3);
}

// The unit of an input must not change what is forecast.
TEST(Ridge, UnitsDoNotMatter) {
  Matrix x, y;
  make_problem(x, y);
  Matrix scaled = x;
  for (size_t i = 0; i < 50; ++i) scaled.values[2 * i] *= 1000;
  const double plain = RidgeProblem(x, y).solve(0.1).predict(std::vector<double>{1, 2})[0];
  const double other = RidgeProblem(scaled, y).solve(0.1).predict(std::vector<double>{1000, 2})[0];
  EXPECT_NEAR(plain, other, 1e-9);
}

TEST(Ridge, AnInputThatNeverChangesIsHarmless) {
  Matrix x, y;
  make_problem(x, y);
  for (size_t i = 0; i < 50; ++i) x.values[2 * i] = 7;
  for (double value : RidgeProblem(x, y).solve(0.1).predict(std::vector<double>{7, 1}))
    EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace sluice
