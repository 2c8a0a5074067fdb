// Wrong use of a recurrent layer: one sentence each, with its stable id, saying what is wanted.
#include <gtest/gtest.h>

#include <functional>

#include "recurrent_case.h"
#include "sluice/base/error.h"
#include "sluice/engine/cell_layout.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/registry.h"

namespace sluice {
namespace {

RecurrentOptions options(const std::string& cell = "lstm") {
  RecurrentOptions o;
  o.cell = cell;
  o.input_size = 3;
  o.hidden_size = 4;
  return o;
}

Recurrent layer(const RecurrentOptions& o = options()) {
  Generator generator(1);
  return Recurrent(o, generator);
}

Variable zeros(const Shape& shape, DType dtype = DType::f32) {
  return Variable(Tensor(shape, dtype));
}

RecurrentState state(const Variable& h, const Variable& c = {}) {
  RecurrentState s;
  s.h() = h;
  s.c() = c;
  return s;
}

Padding lengths(std::vector<int> l) { return {std::move(l), false}; }

std::unique_ptr<Module> from_recipe(const std::string& cell, const std::string& key,
                                    const std::string& value) {
  Options o("model[0]");
  o.set(key, value);
  Generator generator(1);
  return make_layer(cell, o, 3, generator);
}

template <class Change>
std::function<void()> with_options(Change change) {
  return [change] {
    RecurrentOptions o = options();
    change(o);
    layer(o);
  };
}

NamedTensors changed_state(const std::function<void(NamedTensors&)>& change) {
  NamedTensors tensors = layer().state();
  change(tensors);
  return tensors;
}

struct Mistake {
  const char* name;
  std::function<void()> make;
  const char *id, *says;
  friend void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }
};

std::vector<Mistake> mistakes() {
  return {
      {"two_axes", [] { layer().run(zeros({5, 3})); }, "layer.shape", "not [5,3]"},
      {"four_axes", [] { layer().run(zeros({5, 2, 3, 1})); }, "layer.shape", "[T,B,I] with I = 3"},
      {"other_input_size", [] { layer().run(zeros({5, 2, 4})); }, "layer.shape", "not [5,2,4]"},
      {"nothing", [] { layer().run({}); }, "layer.shape", "not nothing"},
      {"no_steps", [] { layer().run(zeros({0, 2, 3})); }, "layer.shape", "not [0,2,3]"},
      {"no_rows", [] { layer().run(zeros({5, 0, 3})); }, "layer.shape", "not [5,0,3]"},
      {"batch_first_form",
       [] {
         RecurrentOptions o = options();
         o.batch_first = true;
         layer(o).run(zeros({5, 3}));
       },
       "layer.shape", "[B,T,I] with I = 3"},
      {"double_input", [] { layer().run(zeros({5, 2, 3}, DType::f64)); }, "layer.dtype",
       "number type"},
      {"state_of_other_batch", [] { layer().run(zeros({5, 2, 3}), state(zeros({1, 3, 4}))); },
       "layer.shape", "needs [1,2,4]"},
      {"state_of_two_axes", [] { layer().run(zeros({5, 2, 3}), state(zeros({2, 4}))); },
       "layer.shape", "has shape [2,4]"},
      {"second_state_wrong",
       [] { layer().run(zeros({5, 2, 3}), state(zeros({1, 2, 4}), zeros({1, 2, 5}))); },
       "layer.shape", "[1,2,5]"},
      {"state_in_double",
       [] { layer().run(zeros({5, 2, 3}), state(zeros({1, 2, 4}, DType::f64))); }, "layer.dtype",
       "number type"},
      {"cell_state_for_gru",
       [] { layer(options("gru")).run(zeros({5, 2, 3}), state({}, zeros({1, 2, 4}))); },
       "layer.shape", "gru has 1 state"},
      {"too_few_lengths", [] { layer().run(zeros({5, 2, 3}), {}, lengths({5})); }, "layer.lengths",
       "1 lengths for a batch of 2"},
      {"length_zero", [] { layer().run(zeros({5, 2, 3}), {}, lengths({5, 0})); }, "layer.lengths",
       "row 1 has length 0"},
      {"length_beyond", [] { layer().run(zeros({5, 2, 3}), {}, lengths({6, 5})); }, "layer.lengths",
       "row 0 has length 6"},
      {"no_units", with_options([](auto& o) { o.hidden_size = 0; }), "layer.size", "hidden_size"},
      {"negative_inputs", with_options([](auto& o) { o.input_size = -1; }), "layer.size", "not -1"},
      {"no_layers", with_options([](auto& o) { o.num_layers = 0; }), "layer.size", "num_layers"},
      {"negative_clip", [] { from_recipe("lstm", "clip", "-1"); }, "layer.clip", "at least 0"},
      {"three_biases", with_options([](auto& o) { o.biases = 3; }), "layer.biases", "not 3"},
      {"unknown_cell", with_options([](auto& o) { o.cell = "lstn"; }), "layer.unknown_cell",
       "did you mean \"lstm\""},
      {"unknown_initialization", with_options([](auto& o) { o.initialization = "kears"; }),
       "config.choice", "did you mean \"keras\""},
      {"initialization_of_another_cell", [] { from_recipe("lstm", "initialization", "xlstm"); },
       "config.choice", "is not one of pytorch, keras"},
      {"block_of_another_initialization", [] { from_recipe("slstm", "num_blocks", "3"); },
       "layer.blocks", "initialization: xlstm alone"},
      {"block_below_0",
       [] {
         Options o("model[0]");
         o.set("initialization", "xlstm");
         o.set("block_index", "-1");
         Generator generator(1);
         make_layer("slstm", o, 3, generator);
       },
       "layer.blocks", "not -1"},
      {"block_beyond", with_options([](auto& o) {
         o.cell = "slstm";
         o.initialization = "xlstm";
         o.num_layers = 2;
         o.block_index = 3;
         o.num_blocks = 4;
       }),
       "layer.blocks", "at least 5, not 4"},
      {"unknown_layer", [] { from_recipe("gruu", "hidden_size", "3"); }, "config.unknown_layer",
       "did you mean \"gru\""},
      {"unknown_key", [] { from_recipe("gru", "hiden_size", "3"); }, "config.unknown_key",
       "did you mean \"hidden_size\""},
      {"word_for_a_number", [] { from_recipe("rnn", "hidden_size", "many"); }, "config.type",
       "many"},
      {"unknown_activation", [] { from_recipe("lstm", "activation", "rellu"); }, "config.choice",
       "did you mean \"relu\""},
      {"unknown_outputs", [] { from_recipe("lstm", "outputs", "lst"); }, "config.choice",
       "did you mean \"last\""},
      {"state_without_a_tensor",
       [] { layer().load_state(changed_state([](auto& s) { s.erase(s.begin()); })); },
       "layer.state", "weight_ih_l0"},
      {"state_of_other_size",
       [] { layer().load_state(changed_state([](auto& s) { s[1].second = Tensor({16, 5}); })); },
       "layer.state", "needs [16,4]"},
      {"state_of_more_layers",
       [] {
         layer().load_state(
             changed_state([](auto& s) { s.emplace_back("weight_hh_l1", Tensor({16, 4})); }));
       },
       "layer.state", "weight_hh_l1"},
      {"stream_of_the_future",
       [] {
         RecurrentOptions o = options();
         o.direction = DirectionOf::both;
         RecurrentStream stream(layer(o));
       },
       "layer.stream", "future"},
      {"stream_of_doubles",
       [] {
         Recurrent doubles = layer();
         doubles.to(DType::f64);
         RecurrentStream stream(doubles);
       },
       "layer.stream", "float"},
      {"stream_without_rows", [] { RecurrentStream stream(layer(), 0); }, "layer.size", "not 0"},
      {"stream_state_of_other_batch",
       [] { RecurrentStream(layer(), 2).set_state(state(zeros({1, 3, 4}))); }, "layer.shape",
       "needs [1,2,4]"},
      {"stream_state_in_double",
       [] { RecurrentStream(layer(), 2).set_state(state(zeros({1, 2, 4}, DType::f64))); },
       "layer.dtype", "number type"},
      {"stream_cell_state_for_gru",
       [] { RecurrentStream(layer(options("gru")), 2).set_state(state({}, zeros({1, 2, 4}))); },
       "layer.shape", "gru has 1 state"},
  };
}

// Each combination that the tables of every cell leave out, with its sentence.
TEST(RecurrentMeaning, CombinationsWithoutOneAreRefused) {
  const std::pair<const char*, void (*)(RecurrentOptions&)> combinations[] = {
      {"direction",
       [](RecurrentOptions& o) {
         o.direction = DirectionOf::both;
         o.num_layers = 2;
       }},
      {"padded_output", [](RecurrentOptions& o) { o.padded_output = PaddedOutput::hold; }},
      {"variational_input", [](RecurrentOptions& o) { o.dropout.input = 0.3; }},
      {"periods", [](RecurrentOptions& o) { o.structure.periods = {1, 2}; }},
      {"num_layers", [](RecurrentOptions& o) { o.num_layers = 2; }}};
  int refused = 0;
  for (const std::string& cell : cell_names())
    for (const auto& [key, combine] : combinations) {
      RecurrentOptions o = options(cell);
      o.input_size = 3 + 3 * o.hidden_size;
      combine(o);
      if (test::without_meaning(o) != key) continue;
      ++refused;
      try {
        layer(o);
        FAIL() << cell << " accepts " << key;
      } catch (const Error& error) {
        EXPECT_EQ(error.id, "layer.below") << error.what();
        EXPECT_EQ(error.where, cell + "." + key);
      }
    }
  EXPECT_EQ(refused, 4 * 9 + 2);  // nine cells, and one layer of grid3 and grid3_tied
}

TEST(RecurrentTied, AMessageNeedsTheRowsOfAnotherSource) {
  Cell cell = find_cell("grid2_priority");  // whose gates of depth have rows of their own
  cell.info.tied = reads_message;
  try {
    CellLayout(cell, 4, 4, 4, 4);
    FAIL() << "rows that nobody else has are accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "cell.gates") << error.what();
  }
}

class RecurrentError : public testing::TestWithParam<Mistake> {};

TEST_P(RecurrentError, OneSentence) {
  const Mistake& mistake = GetParam();
  try {
    mistake.make();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.id, mistake.id) << text;
    EXPECT_EQ(error.code, ExitCode::config) << text;
    EXPECT_NE(text.find(mistake.says), std::string::npos) << text;
    EXPECT_FALSE(error.where.empty()) << text;
    EXPECT_FALSE(error.hint.empty()) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Mistakes, RecurrentError, testing::ValuesIn(mistakes()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace sluice
