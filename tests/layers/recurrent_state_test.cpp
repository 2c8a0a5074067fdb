// What a recurrent layer is made of: parameters by name and number, first values, equations.
#include <gtest/gtest.h>

#include <cmath>

#include "recurrent_case.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/registry.h"

namespace sluice {
namespace {

using test::RecurrentCase;

const Tensor& find(const NamedTensors& state, const std::string& name) {
  for (const auto& [known, tensor] : state)
    if (known == name) return tensor;
  throw std::runtime_error("no tensor " + name);
}

std::vector<RecurrentCase> state_cases() {
  return test::for_every_cell({
      {"plain", [](RecurrentCase&) {}},
      {"one_bias", [](RecurrentCase& row) { row.options.biases = 1; }},
      {"no_bias_whole_vectors",
       [](RecurrentCase& row) {
         row.options.biases = 0;
         row.options.hidden_size = 16;
       }},
      {"both_stacked",
       [](RecurrentCase& row) {
         row.options.num_layers = 3;
         row.options.direction = DirectionOf::both;
       }},
      {"reverse", [](RecurrentCase& row) { row.options.direction = DirectionOf::reverse; }},
  });
}

class RecurrentStateOf : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentStateOf, IsAllThereIs) {
  const RecurrentCase& row = GetParam();
  const test::RecurrentInput input = test::make_input(row, DType::f32);
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  Generator generator(1234);
  Recurrent other(row.options, generator);
  const Tensor before = layer.run(input.x).output.value();
  ASSERT_NE(test::first_difference(before, other.run(input.x).output.value()), "");
  other.load_state(layer.state());
  EXPECT_EQ(test::first_difference(layer.state(), other.state()), "");
  EXPECT_EQ(test::first_difference(before, other.run(input.x).output.value()), "");
}

TEST_P(RecurrentStateOf, SurvivesDoubleAndBack) {
  const RecurrentCase& row = GetParam();
  Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const NamedTensors before = layer.state();
  layer.to(DType::f64);
  for (const auto& [name, tensor] : layer.state()) EXPECT_EQ(tensor.dtype(), DType::f64) << name;
  layer.to(DType::f32);
  EXPECT_EQ(test::first_difference(before, layer.state()), "");
}

TEST_P(RecurrentStateOf, GradientsHaveItsNamesAndShapes) {
  const RecurrentCase& row = GetParam();
  const test::RecurrentInput input = test::make_input(row, DType::f32);
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const Variable y = layer.run(input.x).output;
  y.backward(test::draw(y.shape(), DType::f32, 5));
  const NamedTensors state = layer.state(), gradients = layer.gradients();
  ASSERT_EQ(state.size(), gradients.size());
  for (size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(state[i].first, gradients[i].first);
    EXPECT_EQ(state[i].second.shape(), gradients[i].second.shape()) << state[i].first;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentStateOf, testing::ValuesIn(state_cases()),
                         [](const auto& row) { return row.param.name; });

RecurrentOptions options(const std::string& cell, int input_size, int hidden_size) {
  RecurrentOptions o;
  o.cell = cell;
  o.input_size = input_size;
  o.hidden_size = hidden_size;
  return o;
}

int64_t parameters_of(const RecurrentOptions& o) {
  Generator generator(1);
  return Recurrent(o, generator).parameter_count();
}

TEST(RecurrentParameters, AreAsManyAsPapersCount) {
  Generator generator(1);
  EXPECT_EQ(parameters_of(options("lstm", 1, 16)), 1216);
  EXPECT_EQ(Linear({16, 1}, generator).parameter_count(), 17);
  RecurrentOptions stacked = options("lstm", 3, 6);
  stacked.num_layers = 2;
  EXPECT_EQ(parameters_of(stacked) + Linear({6, 1}, generator).parameter_count(), 607);
  RecurrentOptions keras = options("lstm", 3, 256);
  keras.biases = 1;
  EXPECT_EQ(parameters_of(keras), 266240);
  keras.input_size = 256;
  EXPECT_EQ(parameters_of(keras), 525312);
  EXPECT_EQ(parameters_of(options("gru", 5, 9)), 3 * 9 * (5 + 9 + 2));
  RecurrentOptions before = options("gru_reset_before", 5, 9);
  before.biases = 1;
  EXPECT_EQ(parameters_of(before), 3 * 9 * (5 + 9 + 1));
  RecurrentOptions none = options("rnn", 5, 9);
  none.biases = 0;
  none.direction = DirectionOf::both;
  EXPECT_EQ(parameters_of(none), 2 * 9 * (5 + 9));
}

// The neutral form has as many numbers for every cell as its declaration says.
TEST(RecurrentParameters, FollowFromTheDeclaration) {
  for (const std::string& name : cell_names()) {
    RecurrentOptions o = options(name, 4, 7);
    const int64_t rows = int64_t{find_cell(name).info.file_rows()} * 7;
    EXPECT_EQ(parameters_of(o), rows * (4 + 7 + 2)) << name;
  }
}

TEST(RecurrentInitialization, Keras) {
  for (const std::string& name : cell_names()) {
    RecurrentOptions o = options(name, 10, 24);
    o.initialization = "keras";
    Generator generator(5);
    const NamedTensors state = Recurrent(o, generator).state();
    const Tensor &input = find(state, "weight_ih_l0"), &hidden = find(state, "weight_hh_l0");
    const int64_t rows = input.size(0), h = 24;
    const double limit = std::sqrt(6.0 / static_cast<double>(10 + rows));
    double largest = 0;
    for (float w : input.values<float>()) largest = std::max(largest, std::abs(double{w}));
    EXPECT_LE(largest, limit * (1 + 1e-6)) << name;
    EXPECT_GT(largest, 0.97 * limit) << name;
    // Keras' recurrent kernel [H, gates·H] has orthonormal rows: our matrix has such columns.
    for (int64_t a = 0; a < h; ++a)
      for (int64_t b = 0; b <= a; ++b) {
        double product = 0;
        for (int64_t r = 0; r < rows; ++r)
          product += hidden.item(r * h + a) * hidden.item(r * h + b);
        ASSERT_NEAR(product, a == b, 1e-5) << name << " columns " << a << ", " << b;
      }
    const auto forget = [&](int64_t block) {
      for (const GateInfo& gate : find_cell(name).info.gates)
        if (gate.row == block && gate.name == "f") return true;
      return false;
    };
    for (const char* bias : {"bias_ih_l0", "bias_hh_l0"})
      for (int64_t r = 0; r < rows; ++r) {
        ASSERT_EQ(find(state, bias).item(r), forget(r / h) && bias[5] == 'i' ? 1 : 0)
            << name << " " << r;
      }
  }
}

TEST(RecurrentInitialization, ForgetBiasIsTheSumOfBothVectors) {
  RecurrentOptions o = options("lstm", 3, 6);
  Generator one(5), two(5);
  const NamedTensors usual = Recurrent(o, one).state();
  o.forget_bias = 2.5;
  const NamedTensors changed = Recurrent(o, two).state();
  for (int64_t r = 0; r < 24; ++r) {
    const bool forget = r >= 6 && r < 12;
    const double sum = find(changed, "bias_ih_l0").item(r) + find(changed, "bias_hh_l0").item(r);
    const double was = find(usual, "bias_ih_l0").item(r) + find(usual, "bias_hh_l0").item(r);
    EXPECT_EQ(sum, forget ? 2.5 : was) << r;
  }
  EXPECT_EQ(test::first_difference(find(usual, "weight_hh_l0"), find(changed, "weight_hh_l0")), "");
}

TEST(CellEquations, ReadLikeThePaper) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(find_cell("rnn").info.equations, (Lines{"h' = tanh(z_h)"}));
  EXPECT_EQ(find_cell("lstm").info.equations,
            (Lines{"h' = sigmoid(z_o)*tanh(sigmoid(z_f)*c + sigmoid(z_i)*tanh(z_g))",
                   "c' = sigmoid(z_f)*c + sigmoid(z_i)*tanh(z_g)"}));
  EXPECT_EQ(find_cell("gru").info.equations,
            (Lines{"h' = sigmoid(z_z)*(h - tanh(sigmoid(z_r)*z_nh + z_nx)) + "
                   "tanh(sigmoid(z_r)*z_nh + z_nx)"}));
  EXPECT_EQ(find_cell("gru_reset_before").info.equations,
            (Lines{"q = sigmoid(z_r)*h", "h' = sigmoid(z_z)*(h - tanh(z_n)) + tanh(z_n)"}));
}

TEST(CellEquations, EveryCellHasALineForEachState) {
  for (const std::string& name : cell_names()) {
    const CellInfo& info = find_cell(name).info;
    EXPECT_EQ(info.equations.size(), info.states.size() + (info.has_message ? 1 : 0)) << name;
    EXPECT_EQ(info.states.at(0), "h") << name;
    EXPECT_FALSE(info.title.empty()) << name;
  }
}

TEST(LayerRegistry, KnowsEveryCell) {
  for (const std::string& name : cell_names()) {
    Options o("model[0]");
    o.set("hidden_size", "6");
    o.set("direction", "both");
    Generator generator(1);
    const std::unique_ptr<Module> layer = make_layer(name, o, 3, generator);
    EXPECT_EQ(layer->forward(Variable(Tensor({2, 4, 3}))).shape(), (Shape{2, 12})) << name;
    EXPECT_EQ(layer->output_size(3), 12) << name;
  }
}

}  // namespace
}  // namespace sluice
