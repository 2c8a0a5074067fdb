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

Grid3 make_grid(int layers) {
  Generator generator(5);
  Grid3 grid({input_size, hidden, layers, 2}, generator);
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

/// Dimension `k` (second time, first time, depth) from the memories of all three.
Memory dimension(const NamedTensors& state, int k, const Memory& second, const Memory& first,
                 const Memory& depth, const Memory& own) {
  const Tensor &w = tensor(state, "0.weight_ih_l0"), &u = tensor(state, "0.weight_hh_l0");
  const Tensor &b = tensor(state, "0.bias_ih_l0"), &d = tensor(state, "0.bias_hh_l0");
  Memory next;
  for (int unit = 0; unit < hidden; ++unit) {
    double z[4];
    for (int gate = 0; gate < 4; ++gate) {
      const int64_t row = (4 * k + gate) * hidden + unit;
      z[gate] = b.item(row) + d.item(row);
      for (int j = 0; j < hidden; ++j)
        z[gate] += w.item(row * 2 * hidden + j) * first.h[j] +
                   w.item(row * 2 * hidden + hidden + j) * depth.h[j] +
                   u.item(row * hidden + j) * second.h[j];
    }
    next.m[unit] = sigmoid(z[1]) * own.m[unit] + sigmoid(z[0]) * std::tanh(z[2]);
    next.h[unit] = sigmoid(z[3]) * std::tanh(next.m[unit]);
  }
  return next;
}

TEST(Grid3, IsThePapersBlockAtEveryPlace) {
  Grid3 grid = make_grid(1);
  const NamedTensors state = grid.state();
  const int64_t rows = 3, steps = 4;
  const Tensor x = test::draw({rows, steps, 1, input_size}, DType::f64, 8);
  const Tensor y = grid.forward(Variable(x)).value();
  const Tensor &p = tensor(state, "projection.weight"), &q = tensor(state, "projection.bias");
  std::vector<Memory> above(steps);  // the first time's, of the row before
  for (int64_t t1 = 0; t1 < rows; ++t1) {
    Memory left;
    for (int64_t t2 = 0; t2 < steps; ++t2) {
      Memory depth;
      for (int64_t i = 0; i < 2 * hidden; ++i) {
        double sum = q.item(i);
        for (int64_t j = 0; j < input_size; ++j)
          sum += p.item(i * input_size + j) * x.item((t1 * steps + t2) * input_size + j);
        (i < hidden ? depth.h[i] : depth.m[i - hidden]) = sum;
      }
      const Memory second = left, first = above[t2];
      left = dimension(state, 0, second, first, depth, second);
      above[t2] = dimension(state, 1, second, first, depth, first);
      const Memory out = dimension(state, 2, second, first, depth, depth);
      for (int u = 0; u < hidden; ++u) {
        EXPECT_NEAR(y.item((t1 * steps + t2) * 2 * hidden + u), out.h[u], 1e-13);
        EXPECT_NEAR(y.item((t1 * steps + t2) * 2 * hidden + hidden + u), out.m[u], 1e-13);
      }
    }
  }
}

TEST(Grid3, Gradient) {
  Grid3 grid = make_grid(2);
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

TEST(Grid3, RefusesOtherShapes) {
  Grid3 grid = make_grid(1);
  EXPECT_THROW(grid.forward(Variable(Tensor({2, 3, input_size}, DType::f64))), Error);
  EXPECT_THROW(grid.forward(Variable(Tensor({2, 3, 1, 2}, DType::f64))), Error);
}

}  // namespace
}  // namespace sluice
