// The scan of two times against one written unit by unit.
#include "sluice/layers/grid3.h"

#include <gtest/gtest.h>

#include <cmath>

#include "recurrent_case.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/base/error.h"

namespace sluice {
namespace {

constexpr int input_size = 3, hidden = 4;

enum class Weights { untied, tied, priority };

Grid3 make_grid(int layers, Weights weights = Weights::untied) {
  Generator generator(5);
  const bool tied = weights == Weights::tied, priority = weights == Weights::priority;
  Grid3 grid({input_size, hidden, layers, 2, tied, priority}, generator);
  grid.to(DType::f64);
  return grid;
}

const Tensor& tensor(const NamedTensors& all, const std::string& name) {
  for (const auto& [own, value] : all)
    if (own == name) return value;
  ADD_FAILURE() << "no tensor " << name;
  return all[0].second;
}

/// h and m of one dimension of one place of the grid.
struct Memory {
  double h[hidden] = {}, m[hidden] = {};
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Of the four gates of one dimension: b, and what multiplies h of second time, first time, depth.
struct Dimension {
  double bias[4 * hidden] = {}, weights[4 * hidden][3][hidden];
};

/// Dimension k: second time, first time, depth.
Dimension of_block(const NamedTensors& state, int k) {
  const Tensor &w = tensor(state, "0.weight_ih_l0"), &u = tensor(state, "0.weight_hh_l0");
  const Tensor &b = tensor(state, "0.bias_ih_l0"), &d = tensor(state, "0.bias_hh_l0");
  Dimension found;
  for (int i = 0; i < 4 * hidden; ++i) {
    const int64_t row = 4 * k * hidden + i;
    found.bias[i] = b.item(row) + d.item(row);
    for (int j = 0; j < hidden; ++j) {
      found.weights[i][0][j] = u.item(row * hidden + j);
      found.weights[i][1][j] = w.item(row * 2 * hidden + j);
      found.weights[i][2][j] = w.item(row * 2 * hidden + hidden + j);
    }
  }
  return found;
}

/// Depth where it comes last.
Dimension of_depth(const NamedTensors& state) {
  const Tensor &w = tensor(state, "0_depth.weight_ih_l0"), &b = tensor(state, "0_depth.bias_ih_l0");
  Dimension found;
  for (int i = 0; i < 4 * hidden; ++i) {
    found.bias[i] = b.item(i);
    for (int j = 0; j < 3 * hidden; ++j)
      found.weights[i][j / hidden][j % hidden] = w.item(int64_t{i} * 3 * hidden + j);
  }
  return found;
}

/// The paper's block of one dimension with the memory `own`, from the h of all three.
Memory next(const Dimension& d, const Memory (&all)[3], const Memory& own) {
  Memory found;
  for (int unit = 0; unit < hidden; ++unit) {
    double z[4];
    for (int gate = 0; gate < 4; ++gate) {
      const int row = gate * hidden + unit;
      z[gate] = d.bias[row];
      for (int k = 0; k < 3; ++k)
        for (int j = 0; j < hidden; ++j) z[gate] += d.weights[row][k][j] * all[k].h[j];
    }
    found.m[unit] = sigmoid(z[1]) * own.m[unit] + sigmoid(z[0]) * std::tanh(z[2]);
    found.h[unit] = sigmoid(z[3]) * std::tanh(found.m[unit]);
  }
  return found;
}

/// h and m of depth before the first layer.
Memory projected(const NamedTensors& state, const Tensor& x, int64_t place) {
  const Tensor &p = tensor(state, "projection.weight"), &q = tensor(state, "projection.bias");
  Memory found;
  for (int64_t i = 0; i < 2 * hidden; ++i) {
    double sum = q.item(i);
    for (int64_t j = 0; j < input_size; ++j)
      sum += p.item(i * input_size + j) * x.item(place * input_size + j);
    (i < hidden ? found.h[i] : found.m[i - hidden]) = sum;
  }
  return found;
}

class Grid3Weights : public testing::TestWithParam<Weights> {};

TEST_P(Grid3Weights, MakeThePapersBlockAtEveryPlace) {
  const bool tied = GetParam() == Weights::tied, priority = GetParam() == Weights::priority;
  Grid3 grid = make_grid(1, GetParam());
  const NamedTensors state = grid.state();
  const Dimension of_second = of_block(state, 0), of_first = of_block(state, tied ? 0 : 1);
  const Dimension depth = priority ? of_depth(state) : of_block(state, tied ? 0 : 2);
  const int64_t rows = 3, steps = 4;
  const Tensor x = test::draw({rows, steps, 1, input_size}, DType::f64, 8);
  const Tensor y = grid.forward(Variable(x)).value();
  std::vector<Memory> above(steps);  // the first time's, of the row before
  for (int64_t t1 = 0; t1 < rows; ++t1) {
    Memory left;
    for (int64_t t2 = 0; t2 < steps; ++t2) {
      const int64_t place = t1 * steps + t2;
      const Memory old[3] = {left, above[t2], projected(state, x, place)};
      left = next(of_second, old, old[0]);
      above[t2] = next(of_first, old, old[1]);
      const Memory now[3] = {left, above[t2], old[2]};
      const Memory out = next(depth, priority ? now : old, old[2]);
      for (int u = 0; u < hidden; ++u) {
        EXPECT_NEAR(y.item(place * 2 * hidden + u), out.h[u], 1e-13);
        EXPECT_NEAR(y.item(place * 2 * hidden + hidden + u), out.m[u], 1e-13);
      }
    }
  }
}

TEST_P(Grid3Weights, Gradient) {
  Grid3 grid = make_grid(2, GetParam());
  const Variable x(test::draw({2, 3, 2, input_size}, DType::f64, 8), true);
  std::vector<Variable> leaves = grid.parameters();
  leaves.push_back(x);
  const GradientCheck check = check_gradients(
      [&] {
        grid.load_state(grid.state());  // places that hold no parameter stay zero
        return grid.forward(x);
      },
      leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where;
}

const char* name_of(Weights weights) {
  return weights == Weights::untied ? "untied" : weights == Weights::tied ? "tied" : "priority";
}

INSTANTIATE_TEST_SUITE_P(Dimensions, Grid3Weights,
                         testing::Values(Weights::untied, Weights::tied, Weights::priority),
                         [](const auto& row) { return name_of(row.param); });

TEST(Grid3, RefusesTiedWeightsWithAPriority) {
  Generator generator(5);
  EXPECT_THROW(Grid3({input_size, hidden, 1, 2, true, true}, generator), Error);
}

TEST(Grid3, RefusesOtherShapes) {
  Grid3 grid = make_grid(1);
  EXPECT_THROW(grid.forward(Variable(Tensor({2, 3, input_size}, DType::f64))), Error);
  EXPECT_THROW(grid.forward(Variable(Tensor({2, 3, 1, 2}, DType::f64))), Error);
}

}  // namespace
}  // namespace sluice
