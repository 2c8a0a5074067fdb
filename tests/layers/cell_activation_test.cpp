// The cells' activation functions against long double, number by number: layers of one unit whose
// weights let the pre-activation be the input itself.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "recurrent_case.h"

namespace sluice {
namespace {

using Activation = CellSwitches::Activation;
using Gate = CellSwitches::Gate;

template <class T>
using Limits = std::numeric_limits<T>;

/// A layer of one unit without bias; every weight 0 but weight_ih of the gates named.
template <class T>
Recurrent one_unit(const std::string& cell, const CellSwitches& switches,
                   const std::string& gates_that_read_x) {
  RecurrentOptions o;
  o.cell = cell;
  o.biases = 0;
  o.switches = switches;
  Generator generator(1);
  Recurrent layer(o, generator);
  layer.to(dtype_of<T>);
  NamedTensors state = layer.state();
  for (auto& [name, tensor] : state) tensor.fill(0);
  for (const GateInfo& gate : layer.cell().gates)
    if (gates_that_read_x.find(gate.name) != std::string::npos)
      state[0].second.data<T>()[gate.row] = 1;
  layer.load_state(state);
  return layer;
}

/// One step of the layer for each number, from h = `first`.
template <class T>
std::vector<T> apply(const Recurrent& layer, std::vector<T> numbers, double first) {
  const int64_t count = static_cast<int64_t>(numbers.size());
  const NoGrad off;
  RecurrentState state;
  state.h() = Variable(Tensor::full({1, count, 1}, first, dtype_of<T>));
  const Tensor x = Tensor::from(std::span<const T>(numbers), {1, count, 1});
  const Tensor y = layer.run(Variable(x), state).output.value();
  return {y.data<T>(), y.data<T>() + count};
}

/// h' = activation(x).
template <class T>
std::vector<T> activation(Activation which, const std::vector<T>& numbers, double clip = 0) {
  CellSwitches switches;
  switches.activation = which;
  switches.clip = clip;
  return apply<T>(one_unit<T>("rnn", switches, "h"), numbers, 0);
}

/// h' = u h + (1 − u) n with n = tanh(0) and h = 1: the gate itself.
template <class T>
std::vector<T> gate(Gate which, const std::vector<T>& numbers, double clip = 0) {
  CellSwitches switches;
  switches.gate = which;
  switches.clip = clip;
  return apply<T>(one_unit<T>("gru", switches, "z"), numbers, 1);
}

/// The same by way of biases, a unit a number: weights of zero times infinity would be NaN.
template <class T>
std::vector<T> gate_of_biases(Gate which, const std::vector<T>& numbers) {
  RecurrentOptions o;
  o.cell = "gru";
  o.hidden_size = static_cast<int>(numbers.size());
  o.biases = 1;
  o.switches.gate = which;
  Generator generator(1);
  Recurrent layer(o, generator);
  layer.to(dtype_of<T>);
  NamedTensors state = layer.state();
  for (auto& [name, tensor] : state) tensor.fill(0);
  const int64_t count = o.hidden_size, z = 1;
  std::copy(numbers.begin(), numbers.end(), state[2].second.template data<T>() + z * count);
  layer.load_state(state);
  RecurrentState ones;
  ones.h() = Variable(Tensor::full({1, 1, count}, 1, dtype_of<T>));
  const Tensor y = layer.run(Variable(Tensor({1, 1, 1}, dtype_of<T>)), ones).output.value();
  return {y.data<T>(), y.data<T>() + count};
}

/// Every magnitude from denormal to huge, both signs, and plenty around the interesting ones.
template <class T>
std::vector<T> many_numbers() {
  std::vector<T> numbers = {T(0), -T(0)};
  for (T x = Limits<T>::denorm_min(); x < Limits<T>::max() / 4; x *= T(1.6)) {
    numbers.push_back(x);
    numbers.push_back(-x);
  }
  for (T x = -40; x < 40; x += T(0.0037)) numbers.push_back(x);
  Generator generator(77);
  std::vector<T> random(20000);
  generator.uniform(std::span<T>(random), T(-3), T(3));
  numbers.insert(numbers.end(), random.begin(), random.end());
  return numbers;
}

template <class T>
class CellActivation : public testing::Test {
 public:
  // The last bit of a number just below 1 is 6e-8 in float and 1.1e-16 in double.
  static constexpr double tolerance = sizeof(T) == 4 ? 1.2e-7 : 1e-15;
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(CellActivation, Types);

TYPED_TEST(CellActivation, TanhIsNear) {
  using T = TypeParam;
  const std::vector<T> x = many_numbers<T>(), y = activation<T>(Activation::tanh, x);
  for (size_t i = 0; i < x.size(); ++i) {
    const long double exact = std::tanh(static_cast<long double>(x[i]));
    // Four roundings near 1: of exp's scale less 1, of exp - 1, of exp + 1 and of the quotient.
    ASSERT_NEAR(static_cast<double>(y[i] - exact), 0, 2 * this->tolerance) << "x = " << x[i];
    // Numbers below the least of full precision count as zero (see flush_denormals.h).
    if (std::abs(x[i]) >= Limits<T>::min()) {
      ASSERT_EQ(std::signbit(y[i]), std::signbit(x[i])) << "x = " << x[i];
    }
    // Small values keep their digits too: a derivative taken there must not drown.
    if (std::abs(x[i]) >= Limits<T>::min()) {
      const double relative = static_cast<double>((y[i] - exact) / exact);
      ASSERT_NEAR(relative, 0, 4 * this->tolerance) << "x = " << x[i];
    }
  }
}

TYPED_TEST(CellActivation, SigmoidIsNear) {
  using T = TypeParam;
  const std::vector<T> x = many_numbers<T>(), y = gate<T>(Gate::sigmoid, x);
  for (size_t i = 0; i < x.size(); ++i) {
    const long double exact = 1 / (1 + std::exp(-static_cast<long double>(x[i])));
    ASSERT_NEAR(static_cast<double>(y[i] - exact), 0, this->tolerance) << "x = " << x[i];
    // On the negative side the gate closes at a rate that stays right.
    if (x[i] < 0 && x[i] > -30) {
      const double relative = static_cast<double>((y[i] - exact) / exact);
      ASSERT_NEAR(relative, 0, 8 * this->tolerance) << "x = " << x[i];
    }
  }
}

TYPED_TEST(CellActivation, NeverLeavesItsRangeAndSaturates) {
  using T = TypeParam;
  const std::vector<T> x = many_numbers<T>();
  const std::vector<T> t = activation<T>(Activation::tanh, x), s = gate<T>(Gate::sigmoid, x);
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_LE(std::abs(t[i]), T(1)) << "x = " << x[i];
    ASSERT_GE(s[i], T(0)) << "x = " << x[i];
    ASSERT_LE(s[i], T(1)) << "x = " << x[i];
    if (x[i] > T(40)) {
      ASSERT_EQ(t[i], T(1)) << "x = " << x[i];
      ASSERT_EQ(s[i], T(1)) << "x = " << x[i];
    }
    if (x[i] < T(-120)) {
      ASSERT_NEAR(static_cast<double>(s[i]), 0, 1e-37) << "x = " << x[i];
    }
  }
}

TYPED_TEST(CellActivation, RisesWithItsInput) {
  using T = TypeParam;
  std::vector<T> x;
  for (T v = -20; v < 20; v += T(0.01)) x.push_back(v);
  const std::vector<T> t = activation<T>(Activation::tanh, x), s = gate<T>(Gate::sigmoid, x);
  const T slack = Limits<T>::epsilon();  // neighbours may differ by rounding alone
  for (size_t i = 1; i < x.size(); ++i) {
    ASSERT_GE(t[i], t[i - 1] - slack) << "x = " << x[i];
    ASSERT_GE(s[i], s[i - 1] - slack) << "x = " << x[i];
  }
}

TYPED_TEST(CellActivation, InfinityAndNaN) {
  using T = TypeParam;
  const T inf = Limits<T>::infinity(), nan = Limits<T>::quiet_NaN();
  // Enough numbers for several vectors, so that no lane answers for its neighbour.
  std::vector<T> x;
  for (int i = 0; i < 20; ++i) x.insert(x.end(), {inf, T(0.5), -inf, nan, T(-0.5)});
  const auto t = activation<T>(Activation::tanh, x), r = activation<T>(Activation::relu, x);
  const auto s = gate_of_biases<T>(Gate::sigmoid, x);
  const auto h = gate_of_biases<T>(Gate::hard_sigmoid, x);
  for (size_t i = 0; i < x.size(); i += 5) {
    EXPECT_EQ(t[i], 1);
    EXPECT_EQ(t[i + 2], -1);
    EXPECT_EQ(s[i], 1);
    EXPECT_NEAR(static_cast<double>(s[i + 2]), 0, 1e-37);
    EXPECT_EQ(h[i], 1);
    EXPECT_EQ(h[i + 2], 0);
    EXPECT_EQ(r[i], inf);
    EXPECT_EQ(r[i + 2], 0);
    for (const auto* result : {&t, &s, &h, &r}) {
      EXPECT_TRUE(std::isnan((*result)[i + 3]));
      EXPECT_FALSE(std::isnan((*result)[i + 1]));
      EXPECT_FALSE(std::isnan((*result)[i + 4]));
    }
  }
}

TYPED_TEST(CellActivation, ReluAndHardSigmoidsAreTheirFormulas) {
  using T = TypeParam;
  const std::vector<T> x = many_numbers<T>();
  const auto r = activation<T>(Activation::relu, x);
  const auto sixth = gate<T>(Gate::hard_sigmoid, x), fifth = gate<T>(Gate::hard_sigmoid_keras2, x);
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(r[i], x[i] >= Limits<T>::min() ? x[i] : T(0)) << "x = " << x[i];
    const double at = static_cast<double>(x[i]);
    ASSERT_NEAR(static_cast<double>(sixth[i]), std::clamp(at / 6 + 0.5, 0.0, 1.0), this->tolerance)
        << "x = " << x[i];
    ASSERT_NEAR(static_cast<double>(fifth[i]), std::clamp(at * 0.2 + 0.5, 0.0, 1.0),
                this->tolerance)
        << "x = " << x[i];
  }
}

TYPED_TEST(CellActivation, ClipIsTheFunctionOfTheBoundedNumber) {
  using T = TypeParam;
  const std::vector<T> x = many_numbers<T>();
  const T nan = Limits<T>::quiet_NaN();
  for (const double clip : {0.3, 2.0, 50.0}) {
    std::vector<T> bounded = x;
    for (T& number : bounded)
      number = std::clamp(number, static_cast<T>(-clip), static_cast<T>(clip));
    for (const Activation which : {Activation::tanh, Activation::relu}) {
      EXPECT_EQ(activation<T>(which, x, clip), activation<T>(which, bounded));
      EXPECT_TRUE(std::isnan(activation<T>(which, {nan}, clip)[0]));
    }
    for (const Gate which : {Gate::sigmoid, Gate::hard_sigmoid, Gate::hard_sigmoid_keras2})
      EXPECT_EQ(gate<T>(which, x, clip), gate<T>(which, bounded));
  }
}

}  // namespace
}  // namespace sluice
