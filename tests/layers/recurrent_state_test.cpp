// What a recurrent layer is made of: parameters by name and number, first values, equations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>

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

/// Parameters of a cell of I inputs and H units, each gate with so many biases: the formulas of the
/// papers (reference: Greff et al. 2015 for the LSTM's relatives).
struct Count {
  const char* cell;
  int64_t (*count)(int64_t i, int64_t h, int64_t biases);
};
const Count counts[] = {
    {"rnn", [](int64_t i, int64_t h, int64_t b) { return h * (i + h + b); }},
    {"lstm", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b); }},
    {"gru", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b); }},
    {"gru_reset_before", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b); }},
    {"cifg", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b); }},
    {"cifg_forget", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b); }},
    {"mgu", [](int64_t i, int64_t h, int64_t b) { return 2 * h * (i + h + b); }},
    {"peephole", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b) + 3 * h; }},
    {"cifg_peephole", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b) + 2 * h; }},
    {"nig", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b) + 2 * h; }},
    {"nfg", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b) + 2 * h; }},
    {"nog", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b) + 2 * h; }},
    {"niaf", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b) + 3 * h; }},
    {"noaf", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b) + 3 * h; }},
    {"fgr",
     [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b) + 3 * h + 9 * h * h; }},
    {"mut1",  // z reads no state: its second bias would be the first again
     [](int64_t i, int64_t h, int64_t b) {
       return (i == h ? 2 : 3) * i * h + 2 * h * h + (1 + 2 * b) * h;
     }},
    {"mut2", [](int64_t i, int64_t h,
                int64_t b) { return (i == h ? 2 : 3) * i * h + 3 * h * h + 3 * b * h; }},
    {"mut3", [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b); }},
    {"clockwork",  // modules of 2, 2, 2 and 1 units, each of which reads itself and the slower ones
     [](int64_t i, int64_t h, int64_t b) { return h * (i + b) + 2 * 7 + 2 * 5 + 2 * 3 + 1; }},
    {"indrnn", [](int64_t i, int64_t h, int64_t) { return i * h + 2 * h; }},
    {"sru", [](int64_t i, int64_t h, int64_t) { return (i == h ? 3 : 4) * i * h + 4 * h; }},
    {"mingru", [](int64_t i, int64_t h, int64_t) { return 2 * h * (i + 1); }},
    {"mingru_g", [](int64_t i, int64_t h, int64_t) { return 2 * h * (i + 1); }},
    {"minlstm", [](int64_t i, int64_t h, int64_t) { return 3 * h * (i + 1); }},
    {"slstm", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b); }},
    {"multiplicative_lstm",
     [](int64_t i, int64_t h, int64_t b) { return 5 * h * (i + h) + 4 * h * b; }},
    {"lem", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b); }},
    {"depth_gated",  // one layer, which has no depth gate
     [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b) + 3 * h; }},
    {"grid1", [](int64_t i, int64_t h, int64_t) { return 4 * h * (i + 1); }},
    {"grid2", [](int64_t i, int64_t h, int64_t b) { return 8 * h * (i + h + b); }},
    {"grid2_tied", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b); }},
    {"grid2_priority", [](int64_t i, int64_t h, int64_t b) { return 8 * h * (i + h + b); }},
    {"grid2_tied_priority", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b); }},
    {"grid3", [](int64_t i, int64_t h, int64_t b) { return 12 * h * (i + h + b); }},
    {"grid3_tied", [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b); }},
    {"grid3_times", [](int64_t i, int64_t h, int64_t b) { return 8 * h * (i + h + b); }},
    {"layer_norm_lstm",
     [](int64_t i, int64_t h, int64_t b) { return 4 * h * (i + h + b) + 2 * 8 * h + 2 * h; }},
    {"layer_norm_gru",
     [](int64_t i, int64_t h, int64_t b) { return 3 * h * (i + h + b) + 2 * 6 * h; }},
};

/// Columns of the input that pass no matrix.
int memories(const std::string& cell, int hidden_size) {
  const CellInfo& info = find_cell(cell).info;
  return info.lowest.empty() ? info.below * hidden_size : 0;
}

TEST(RecurrentParameters, AreAsManyAsTheFormulaSays) {
  for (const std::string& name : cell_names()) {
    const Count* const found = std::find_if(std::begin(counts), std::end(counts),
                                            [&](const Count& c) { return name == c.cell; });
    ASSERT_NE(found, std::end(counts)) << name << " has no formula here";
    for (int biases : {1, 2})
      for (int inputs : {4, 7}) {
        RecurrentOptions o = options(name, inputs + memories(name, 7), 7);
        o.biases = biases;
        EXPECT_EQ(parameters_of(o), found->count(inputs, 7, biases)) << name << " " << inputs;
      }
  }
}

TEST(RecurrentParameters, APeepholeMayBeLeftOut) {
  const int64_t lstm = parameters_of(options("lstm", 4, 7));
  for (const char* peepholes : {"", "i", "f", "o", "io", "ifo"}) {
    RecurrentOptions o = options("peephole", 4, 7);
    o.peepholes = peepholes;
    EXPECT_EQ(parameters_of(o), lstm + 7 * static_cast<int64_t>(std::string(peepholes).size()));
  }
}

/// Keras' recurrent kernel [H, gates·H] has orthonormal rows: our matrix has such columns.
void expect_orthonormal_columns(const Tensor& hidden, const std::string& name) {
  const int64_t rows = hidden.size(0), h = hidden.size(1);
  for (int64_t a = 0; a < h; ++a)
    for (int64_t b = 0; b <= a; ++b) {
      double product = 0;
      for (int64_t r = 0; r < rows; ++r) product += hidden.item(r * h + a) * hidden.item(r * h + b);
      ASSERT_NEAR(product, a == b, 1e-5) << name << " columns " << a << ", " << b;
    }
}

TEST(RecurrentInitialization, Keras) {
  for (const std::string& name : cell_names()) {
    RecurrentOptions o = options(name, 10 + memories(name, 24), 24);
    o.initialization = "keras";
    Generator generator(5);
    const NamedTensors state = Recurrent(o, generator).state();
    const Tensor& input = find(state, "weight_ih_l0");
    const double limit = std::sqrt(6.0 / static_cast<double>(10 + input.size(0)));
    double largest = 0;
    for (float w : input.values<float>()) largest = std::max(largest, std::abs(double{w}));
    EXPECT_LE(largest, limit * (1 + 1e-6)) << name;
    EXPECT_GT(largest, 0.97 * limit) << name;
    const auto forget = [](const GateInfo& gate) { return gate.name == "f" && gate.biased; };
    const auto& gates = find_cell(name).info.gates;
    double ones = std::any_of(gates.begin(), gates.end(), forget) ? 24 : 0;
    for (const auto& [tensor_name, tensor] : state) {
      if (tensor_name == "weight_hh_l0" && find_cell(name).info.periods.empty())
        expect_orthonormal_columns(tensor, name);
      if (!tensor_name.starts_with("bias")) continue;
      double sum = 0;
      for (float b : tensor.values<float>()) {
        EXPECT_TRUE(b == 0 || b == 1) << name;
        sum += double{b};
      }
      EXPECT_EQ(sum, tensor_name == "bias_ih_l0" ? ones : 0) << name << " " << tensor_name;
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

struct XlstmStart {
  const char* name;
  int hidden_size, heads, num_layers, block_index, num_blocks, layer;
  std::vector<double> forget;  ///< of the units of `layer`
};

TEST(RecurrentInitialization, XlstmSpreadsForgetBiases) {
  // 5 - 12 * (j / (head - 1))^(0.3 + 1.3 * block / (blocks - 1)), worked out by hand.
  const XlstmStart rows[] = {
      {"one_block", 3, 1, 1, 0, 0, 0, {5, -4.747029, -7}},
      {"two_heads", 6, 2, 1, 0, 0, 0, {5, -4.747029, -7, 5, -4.747029, -7}},
      {"top_of_three", 3, 1, 3, 0, 0, 2, {5, 1.041477, -7}},
      {"middle_of_three", 3, 1, 3, 0, 0, 1, {5, -1.211590, -7}},
      {"middle_among_others", 3, 1, 1, 2, 5, 0, {5, -1.211590, -7}},
      {"heads_of_one_unit", 2, 2, 1, 0, 0, 0, {5, 5}},
  };
  for (const XlstmStart& row : rows)
    for (int biases : {1, 2}) {
      RecurrentOptions o = options("slstm", 4, row.hidden_size);
      o.structure.heads = row.heads;
      o.num_layers = row.num_layers;
      o.block_index = row.block_index;
      o.num_blocks = row.num_blocks;
      o.biases = biases;
      o.initialization = "xlstm";
      Generator generator(5);
      const NamedTensors state = Recurrent(o, generator).state();
      const std::string layer = "_l" + std::to_string(row.layer);
      const Tensor& bias = find(state, "bias_ih" + layer);
      const int64_t h = row.hidden_size;
      for (int64_t r = 0; r < 4 * h; ++r) {
        const bool forget = r >= h && r < 2 * h;
        const double second = biases == 2 ? find(state, "bias_hh" + layer).item(r) : 0;
        EXPECT_EQ(second, 0) << row.name;
        EXPECT_NEAR(bias.item(r), forget ? row.forget[r - h] : 0, 1e-5) << row.name << " " << r;
      }
    }
}

TEST(RecurrentInitialization, XlstmHasSmallInputWeightsAndNoRecurrentOnes) {
  RecurrentOptions o = options("slstm", 40, 64);
  o.initialization = "xlstm";
  o.forget_bias = 2.5;  // given, it is what counts
  Generator generator(5);
  const NamedTensors state = Recurrent(o, generator).state();
  double squares = 0;
  for (float w : find(state, "weight_ih_l0").values<float>()) squares += double{w} * double{w};
  EXPECT_NEAR(squares / (256 * 40), 2.0 / (5 * 40), 0.02 / 40);
  for (float w : find(state, "weight_hh_l0").values<float>()) EXPECT_EQ(w, 0);
  for (int64_t r = 64; r < 128; ++r) EXPECT_EQ(find(state, "bias_ih_l0").item(r), 2.5);
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
            (Lines{"q_rh = sigmoid(z_r)*h", "h' = sigmoid(z_z)*(h - tanh(z_n)) + tanh(z_n)"}));
}

TEST(CellEquations, EveryCellHasALineForEachState) {
  for (const std::string& name : cell_names()) {
    const CellInfo& info = find_cell(name).info;
    EXPECT_EQ(info.equations.size(),
              info.states.size() + info.messages.size() + info.outputs.size())
        << name;
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
    const int width = 12 * static_cast<int>(find_cell(name).info.gives.size());
    EXPECT_EQ(layer->forward(Variable(Tensor({2, 4, 3}))).shape(), (Shape{2, width})) << name;
    EXPECT_EQ(layer->output_size(3), width) << name;
  }
}

}  // namespace
}  // namespace sluice
