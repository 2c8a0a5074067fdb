// Every operation against central differences, and its values where they are known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <ostream>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/attention.h"
#include "sluice/autograd/gather.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/autograd/matmul.h"
#include "sluice/autograd/normalize.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"
#include "sluice/autograd/repeat.h"
#include "sluice/autograd/softmax.h"
#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/base/random.h"

namespace sluice {
namespace {

Variable random_parameter(const Shape& shape, uint64_t seed, double low = -1, double high = 1) {
  Tensor value(shape, DType::f64);
  Generator generator(seed);
  generator.uniform(value.values<double>(), low, high);
  return Variable(value, true);
}

struct Operation {
  const char* name;
  std::vector<Shape> shapes;
  std::function<Variable(const std::vector<Variable>&)> apply;
  double low = -1, high = 1;
};

void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

using Inputs = std::vector<Variable>;

Variable gathered(const Variable& x, std::initializer_list<int64_t> rows, const Shape& shape) {
  PoolArray<int64_t> from(rows.size());
  std::copy(rows.begin(), rows.end(), from.begin());
  return gather_rows(x, std::move(from), shape);
}

std::vector<Operation> operations() {
  return {
      {"add", {{2, 3}, {2, 3}}, [](const Inputs& v) { return v[0] + v[1]; }},
      {"subtract", {{2, 3}, {2, 3}}, [](const Inputs& v) { return v[0] - v[1]; }},
      {"multiply", {{2, 3}, {2, 3}}, [](const Inputs& v) { return v[0] * v[1]; }},
      {"divide", {{2, 3}, {2, 3}}, [](const Inputs& v) { return v[0] / v[1]; }, 0.5, 2},
      {"add_bias", {{2, 4, 3}, {3}}, [](const Inputs& v) { return v[0] + v[1]; }},
      {"multiply_trailing", {{2, 4, 3}, {4, 3}}, [](const Inputs& v) { return v[1] * v[0]; }},
      {"divide_number", {{2, 3}, {1}}, [](const Inputs& v) { return v[0] / v[1]; }, 0.5, 2},
      {"number_minus", {{1}, {2, 3}}, [](const Inputs& v) { return v[0] - v[1]; }},
      {"constants", {{2, 3}}, [](const Inputs& v) { return 2 / (1 - (3 * v[0] + 5.0) / 7) - 1; }},
      {"negate", {{3}}, [](const Inputs& v) { return -v[0]; }},
      {"matmul", {{4, 3}, {3, 5}}, [](const Inputs& v) { return matmul(v[0], v[1]); }},
      {"matmul_tall", {{2, 4, 3}, {3, 5}}, [](const Inputs& v) { return matmul(v[0], v[1]); }},
      {"matmul_batches",
       {{2, 4, 3}, {2, 3, 5}},
       [](const Inputs& v) { return matmul(v[0], v[1]); }},
      {"linear",
       {{2, 4, 3}, {5, 3}, {5}},
       [](const Inputs& v) { return linear(v[0], v[1], v[2]); }},
      {"linear_plain", {{4, 3}, {5, 3}}, [](const Inputs& v) { return linear(v[0], v[1], {}); }},
      {"reshape", {{2, 6}}, [](const Inputs& v) { return square(reshape(v[0], {3, 4})); }},
      {"transpose", {{2, 3, 4}}, [](const Inputs& v) { return square(transpose(v[0], 0, 2)); }},
      {"transpose_last", {{2, 3, 4}}, [](const Inputs& v) { return transpose(v[0], -1, -2); }},
      {"slice", {{3, 5, 2}}, [](const Inputs& v) { return slice(v[0], 1, 1, -1); }},
      {"slice_twice",
       {{3, 5}},
       [](const Inputs& v) { return slice(v[0], 1, 0, 3) * slice(v[0], 1, 2, 5); }},
      {"select", {{3, 5, 2}}, [](const Inputs& v) { return select(v[0], 1, -1); }},
      {"concat", {{2, 3}, {2, 1}, {2, 2}}, [](const Inputs& v) { return concat(v, 1); }},
      {"concat_rows", {{1, 3}, {4, 3}}, [](const Inputs& v) { return concat(v, 0); }},
      {"gather_rows",
       {{2, 3, 4}},
       [](const Inputs& v) { return square(gathered(v[0], {5, -1, 0, 2}, {2, 2, 4})); }},
      {"attention",
       {{2, 3, 4}, {2, 5, 4}, {2, 5, 4}},
       [](const Inputs& v) { return scaled_dot_attention(v[0], v[1], v[2], 2); }},
      {"attention_of_one",
       {{2, 3, 4}},
       [](const Inputs& v) { return scaled_dot_attention(v[0], v[0], v[0], 2, {{}, true}); }},
      {"attention_packed",
       {{2, 3, 12}},
       [](const Inputs& v) { return scaled_dot_attention(v[0], 2) * slice(v[0], -1, 0, 4); }},
      {"sum", {{3, 4}}, [](const Inputs& v) { return square(sum(v[0])); }},
      {"mean", {{3, 4}}, [](const Inputs& v) { return square(mean(v[0])); }},
      {"sum_axis", {{3, 4, 2}}, [](const Inputs& v) { return square(sum(v[0], 1)); }},
      {"mean_last", {{3, 4, 2}}, [](const Inputs& v) { return square(mean(v[0], -1)); }},
      {"mean_first", {{3, 4}}, [](const Inputs& v) { return square(mean(v[0], 0)); }},
      {"relu", {{20}}, [](const Inputs& v) { return relu(v[0]); }},
      {"leaky_relu", {{20}}, [](const Inputs& v) { return leaky_relu(v[0], 0.2); }},
      {"elu", {{20}}, [](const Inputs& v) { return elu(v[0], 1.5); }},
      {"tanh", {{20}}, [](const Inputs& v) { return tanh(v[0]); }},
      {"sigmoid", {{20}}, [](const Inputs& v) { return sigmoid(v[0]); }},
      {"softplus", {{20}}, [](const Inputs& v) { return softplus(v[0]); }, -4, 4},
      {"gelu", {{20}}, [](const Inputs& v) { return gelu(v[0]); }, -4, 4},
      {"gelu_tanh", {{20}}, [](const Inputs& v) { return gelu_tanh(v[0]); }, -4, 4},
      {"silu", {{20}}, [](const Inputs& v) { return silu(v[0]); }, -4, 4},
      {"mish", {{20}}, [](const Inputs& v) { return mish(v[0]); }, -4, 4},
      {"selu", {{20}}, [](const Inputs& v) { return selu(v[0]); }, -4, 4},
      {"softsign", {{20}}, [](const Inputs& v) { return softsign(v[0]); }, -4, 4},
      {"hard_sigmoid", {{20}}, [](const Inputs& v) { return hard_sigmoid(v[0], 0.2); }, -4, 4},
      {"hard_swish", {{20}}, [](const Inputs& v) { return hard_swish(v[0]); }, -4, 4},
      {"hard_tanh", {{20}}, [](const Inputs& v) { return hard_tanh(v[0]); }, -2, 2},
      {"softmax", {{3, 5}}, [](const Inputs& v) { return square(softmax(v[0])); }, -3, 3},
      {"log_softmax", {{3, 5}}, [](const Inputs& v) { return square(log_softmax(v[0])); }, -3, 3},
      {"repeat", {{2, 3}}, [](const Inputs& v) { return square(repeat(v[0], 1, 4)); }},
      {"repeat_first", {{3}}, [](const Inputs& v) { return repeat(v[0], 0, 4); }},
      {"repeat_last", {{2, 3}}, [](const Inputs& v) { return repeat(v[0], 2, 2); }},
      {"layer_norm",
       {{2, 3, 5}, {5}, {5}},
       [](const Inputs& v) { return square(layer_norm(v[0], v[1], v[2], 1e-3)); }},
      {"layer_norm_plain",
       {{3, 5}},
       [](const Inputs& v) { return square(layer_norm(v[0], {}, {}, 1e-5)); }},
      {"exp", {{20}}, [](const Inputs& v) { return exp(v[0]); }},
      {"log", {{20}}, [](const Inputs& v) { return log(v[0]); }, 0.5, 3},
      {"sqrt", {{20}}, [](const Inputs& v) { return sqrt(v[0]); }, 0.5, 3},
      {"square", {{20}}, [](const Inputs& v) { return square(v[0]); }},
      {"abs", {{20}}, [](const Inputs& v) { return abs(v[0]); }},
  };
}

class OperationGradient : public testing::TestWithParam<Operation> {};

TEST_P(OperationGradient, AgreesWithCentralDifferences) {
  const Operation& operation = GetParam();
  Inputs inputs;
  for (const Shape& shape : operation.shapes)
    inputs.push_back(random_parameter(shape, 10 + inputs.size(), operation.low, operation.high));
  const GradientCheck check = check_gradients([&] { return operation.apply(inputs); }, inputs);
  EXPECT_LE(check.deviation, 1e-7)
      << check.where << ": " << check.analytic << " against " << check.numeric;
}

INSTANTIATE_TEST_SUITE_P(All, OperationGradient, testing::ValuesIn(operations()),
                         [](const auto& each) { return std::string(each.param.name); });

// A wrong slope must show: the check is worth nothing if it cannot fail.
TEST(GradientCheck, FindsAWrongGradient) {
  const std::vector<Variable> x = {random_parameter({4}, 1)};
  const GradientCheck check =
      check_gradients([&] { return square(x[0]) + square(x[0].detach()); }, x);
  EXPECT_GT(check.deviation, 0.01);
  EXPECT_EQ(check.where.substr(0, 6), "leaf 0");
}

TEST(GradientCheck, RefusesFloat) {
  const std::vector<Variable> x = {Variable(Tensor({2}), true)};
  EXPECT_THROW(check_gradients([&] { return sum(x[0]); }, x), Error);
}

TEST(Operation, KnownValues) {
  const std::vector<double> given = {-2, -0.5, 0, 0.5, 3};
  const Variable x(Tensor::from(std::span<const double>(given), {5}));
  for (int i = 0; i < 5; ++i) {
    const double v = given[i];
    EXPECT_EQ(relu(x).value().item(i), std::max(v, 0.0));
    EXPECT_EQ(leaky_relu(x).value().item(i), v > 0 ? v : 0.01 * v);
    EXPECT_DOUBLE_EQ(elu(x).value().item(i), v > 0 ? v : std::exp(v) - 1);
    EXPECT_DOUBLE_EQ(tanh(x).value().item(i), std::tanh(v));
    EXPECT_DOUBLE_EQ(sigmoid(x).value().item(i), 1 / (1 + std::exp(-v)));
    EXPECT_DOUBLE_EQ(softplus(x).value().item(i), std::log(1 + std::exp(v)));
    EXPECT_EQ(abs(x).value().item(i), std::abs(v));
  }
  EXPECT_EQ(softplus(Variable(Tensor::full({1}, 1e4))).value().item(), 1e4);
  EXPECT_TRUE(std::isnan(relu(Variable(Tensor::full({1}, NAN))).value().item()));
}

TEST(Operation, MovesTheRightElements) {
  Tensor numbers = Tensor::uninitialized({2, 3, 4}, DType::f64);
  for (int i = 0; i < 24; ++i) numbers.data<double>()[i] = i;
  const Variable x(numbers);
  const Tensor turned = transpose(x, 0, 1).value();
  EXPECT_EQ(turned.shape().to_string(), "[3,2,4]");
  EXPECT_EQ(turned.item((2 * 2 + 1) * 4 + 3), 1 * 12 + 2 * 4 + 3);
  const Tensor part = slice(x, 1, 1, 3).value();
  EXPECT_EQ(part.shape().to_string(), "[2,2,4]");
  EXPECT_EQ(part.item(8), 16);
  const Tensor last = select(x, 1, -1).value();
  EXPECT_EQ(last.shape().to_string(), "[2,4]");
  EXPECT_EQ(last.item(4), 20);
  const Tensor joined = concat({select(x, 1, 0), select(x, 1, 2)}, 1).value();
  EXPECT_EQ(joined.shape().to_string(), "[2,8]");
  EXPECT_EQ(joined.item(12), 20);
  const Tensor sums = sum(x, 1).value();
  EXPECT_EQ(sums.shape().to_string(), "[2,4]");
  EXPECT_EQ(sums.item(0), 0 + 4 + 8);
}

// Chains of no links are zeros, and so is the gradient of what nothing was multiplied with.
TEST(Operation, ProductsOfNothing) {
  const Variable a(Tensor({3, 0})), b(Tensor({0, 4}));
  const Tensor zeros = matmul(a, b).value();
  EXPECT_EQ(zeros.shape().to_string(), "[3,4]");
  for (const float value : zeros.values<float>()) EXPECT_EQ(value, 0);
  const Variable none(Tensor({2, 0, 5}), true), right(Tensor({2, 5, 4}), true);
  const Variable y = matmul(none, right);
  EXPECT_EQ(y.shape().to_string(), "[2,0,4]");
  y.backward(Tensor(y.shape()));
  for (const float value : right.grad().values<float>()) EXPECT_EQ(value, 0);
}

TEST(Operation, RefusesShapesThatDoNotFit) {
  const Variable a(Tensor({2, 3})), b(Tensor({2})), c(Tensor({2, 3}, DType::f64));
  EXPECT_THROW(a + b, Error);
  EXPECT_THROW(a + c, Error);
  EXPECT_THROW(matmul(a, a), Error);
  EXPECT_THROW(linear(a, Variable(Tensor({4, 2})), {}), Error);
  EXPECT_THROW(linear(a, Variable(Tensor({4, 3})), b), Error);
  EXPECT_THROW(reshape(a, {7}), Error);
  EXPECT_THROW(transpose(a, 0, 2), Error);
  EXPECT_THROW(slice(a, 1, 2, 4), Error);
  EXPECT_THROW(slice(a, 1, 2, 1), Error);
  EXPECT_THROW(select(a, 0, 2), Error);
  EXPECT_THROW(concat({a, b}, 0), Error);
  EXPECT_THROW(sum(a, 5), Error);
}

TEST(Operation, GivesTheSameBitsForAnyNumberOfThreads) {
  const Variable x = random_parameter({700, 300}, 3), bias = random_parameter({300}, 4);
  std::vector<double> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    x.grad_buffer().fill(0);
    bias.grad_buffer().fill(0);
    const Variable loss = mean(sigmoid(x * x + bias) * x);
    loss.backward();
    std::vector<double> seen = {loss.value().item()};
    for (double value : x.grad().values<double>()) seen.push_back(value);
    for (double value : bias.grad().values<double>()) seen.push_back(value);
    if (first.empty()) first = seen;
    EXPECT_TRUE(seen == first) << threads << " threads";
  }
  set_num_threads(0);
}

// Three tensors or one that holds them beside each other: the same bits.
TEST(Attention, PackedIsTheSame) {
  const Variable packed = random_parameter({2, 7, 24}, 5);
  const auto part = [&](int k) { return slice(packed, -1, 8 * k, 8 * k + 8); };
  Tensor weights, packed_weights;
  const AttentionMask mask{{}, true};
  const Variable apart = scaled_dot_attention(part(0), part(1), part(2), 4, mask, &weights);
  const Variable beside = scaled_dot_attention(packed, 4, mask, &packed_weights);
  EXPECT_TRUE(std::ranges::equal(apart.value().values<double>(), beside.value().values<double>()));
  EXPECT_TRUE(std::ranges::equal(weights.values<double>(), packed_weights.values<double>()));
  EXPECT_EQ(weights.shape(), (Shape{2, 4, 7, 7}));
  EXPECT_THROW(scaled_dot_attention(packed, 5), Error);
  EXPECT_THROW(scaled_dot_attention(packed, 0), Error);
}

}  // namespace
}  // namespace sluice
