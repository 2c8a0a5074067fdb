// Stacks that have no meaning are refused in one sentence.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "sluice/base/error.h"
#include "sluice/layers/registry.h"
#include "sluice/layers/sequential.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {
namespace {

StackedRecurrent stack(const std::function<void(StackedOptions&)>& change) {
  StackedOptions o;
  o.layer = {.cell = "lstm", .input_size = 3, .hidden_size = 4, .num_layers = 2};
  change(o);
  Generator generator(1);
  return StackedRecurrent(o, generator);
}

using Keys = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Module> from_recipe(const Keys& keys) {
  Options o("model[0]");
  for (const auto& [key, value] : keys) o.set(key, value);
  Generator generator(1);
  return make_layer("gru", o, 3, generator);
}

struct Mistake {
  const char* name;
  std::function<void()> make;
  const char *id, *where, *says;
  friend void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }
};

Mistake with_options(const char* name, const std::function<void(StackedOptions&)>& change,
                     const char* where, const char* says, const char* id = "layer.stack") {
  return {name, [change] { stack(change); }, id, where, says};
}
Mistake with_keys(const char* name, const Keys& keys, const char* where, const char* says,
                  const char* id = "layer.stack") {
  return {name, [keys] { from_recipe(keys); }, id, where, says};
}

std::vector<Mistake> option_mistakes() {
  return {
      with_options(
          "sizes_against_layers", [](auto& o) { o.hidden_sizes = {4, 5, 6}; }, "num_layers",
          "is 2, but hidden_sizes has 3 layers"),
      with_options(
          "size_zero", [](auto& o) { o.hidden_sizes = {4, 0}; }, "hidden_size", "not 0",
          "layer.size"),
      with_options(
          "no_layers", [](auto& o) { o.layer.num_layers = 0; }, "num_layers", "not 0",
          "layer.size"),
      with_options(
          "merge_of_one_direction", [](auto& o) { o.merge = Merge::sum; }, "merge", "there is one"),
      with_options(
          "residual_of_no_equal_widths",
          [](auto& o) {
            o.skip = Skip::residual;
            o.hidden_sizes = {4, 5};
          },
          "skip", "adds nothing"),
      with_options(
          "residual_with_hold",
          [](auto& o) {
            o.skip = Skip::residual;
            o.layer.padded_output = PaddedOutput::hold;
          },
          "padded_output", "hold has no meaning with skip: residual"),
      with_options(
          "residual_of_a_merged_last",
          [](auto& o) {
            o.skip = Skip::residual;
            o.layer.direction = DirectionOf::both;
            o.layer.outputs = Outputs::last;
            o.merge = Merge::mean;
          },
          "outputs", "end at different steps"),
      with_options(
          "dense_of_one_layer",
          [](auto& o) {
            o.skip = Skip::dense;
            o.layer.num_layers = 1;
          },
          "skip", "there is one layer"),
      with_options(
          "dilation_of_two_of_three", [](auto& o) { o.dilation = {1, 2, 4}; }, "dilation",
          "has 3 numbers for 2 layers"),
      with_options(
          "no_dilation", [](auto& o) { o.dilation = {}; }, "dilation", "has 0 numbers"),
      with_options(
          "dilation_zero", [](auto& o) { o.dilation = {0}; }, "dilation", "not 0", "layer.size"),
      with_options(
          "dilation_with_hold",
          [](auto& o) {
            o.dilation = {2};
            o.layer.padded_output = PaddedOutput::hold;
          },
          "padded_output", "several states"),
      with_options(
          "dilation_with_clocks",
          [](auto& o) {
            o.dilation = {2};
            o.layer.structure.periods = {1, 2};
          },
          "dilation", "count every step"),
      with_options(
          "dropout_between_one_layer",
          [](auto& o) {
            o.dropout = 0.5;
            o.layer.num_layers = 1;
          },
          "dropout", "there is one layer"),
      with_options(
          "dropout_of_all", [](auto& o) { o.dropout = 1; }, "dropout", "below 1", "layer.dropout"),
      with_options(
          "negative_rate", [](auto& o) { o.input_dropout = -0.1; }, "input_dropout", "at least 0",
          "layer.dropout"),
      with_options(
          "dropout_of_no_output",
          [](auto& o) {
            o.layer.outputs = Outputs::none;
            o.output_dropout = 0.5;
          },
          "output_dropout", "not wanted"),
  };
}

std::vector<Mistake> recipe_mistakes() {
  return {
      with_keys("recipe_size_and_sizes", {{"hidden_sizes", "4,5"}, {"hidden_size", "4"}},
                "hidden_size", "beside hidden_sizes"),
      with_keys("recipe_layers_against_sizes", {{"hidden_sizes", "4,5"}, {"num_layers", "3"}},
                "num_layers", "is 3, but hidden_sizes has 2 layers"),
      with_keys("recipe_one_layer_against_sizes", {{"hidden_sizes", "4,5"}, {"num_layers", "1"}},
                "num_layers", "is 1, but hidden_sizes has 2 layers"),
      with_keys("recipe_sizes_of_words", {{"hidden_sizes", "4,many"}}, "model[0].hidden_sizes",
                "4,many", "config.type"),
      with_keys("recipe_outputs_of_none", {{"outputs", "none"}}, "outputs", "without an input"),
      with_keys("recipe_unknown_merge", {{"direction", "both"}, {"merge", "meam"}},
                "model[0].merge", "did you mean \"mean\"", "config.choice"),
      with_keys("recipe_unknown_skip", {{"skip", "highway"}}, "model[0].skip", "residual, dense",
                "config.choice"),
      with_keys("recipe_dropout_between_one_layer", {{"dropout", "0.2"}}, "dropout",
                "use output_dropout"),
  };
}

void run(StackedRecurrent stack, const Variable& state, const Padding& padding = {}) {
  RecurrentState first;
  first.h() = state;
  stack.run(Variable(Tensor({5, 2, 3})), first, padding);
}

std::vector<Mistake> run_mistakes() {
  const auto plain = [](auto&) {};
  const auto sizes = [](auto& o) {
    o.hidden_sizes = {4, 5};
    o.layer.num_layers = 1;
  };
  const auto dilated = [](auto& o) { o.dilation = {3}; };
  return {
      {"input_of_other_size", [=] { stack(plain).forward(Variable(Tensor({5, 2, 4}))); },
       "layer.shape", "lstm", "not [5,2,4]"},
      {"input_of_two_axes", [=] { stack(plain).forward(Variable(Tensor({5, 3}))); }, "layer.shape",
       "lstm", "[T,B,I] with I = 3"},
      {"length_beyond", [=] { run(stack(dilated), {}, {.lengths = {6, 5}}); }, "layer.lengths",
       "lengths", "row 0 has length 6"},
      {"one_state_of_different_sizes", [=] { run(stack(sizes), {}); }, "layer.shape",
       "hidden_sizes", "call run_layers()"},
      {"state_without_slots", [=] { run(stack(dilated), Variable(Tensor({2, 2, 4}))); },
       "layer.shape", "lstm state 0", "needs 6 along the first axis"},
      {"state_of_other_batch", [=] { run(stack(plain), Variable(Tensor({2, 3, 4}))); },
       "layer.shape", "lstm state of layer 0", "needs [1,2,4]"},
      {"states_of_one_layer",
       [=] {
         stack(plain).run_layers(Variable(Tensor({5, 2, 3})), std::vector<RecurrentState>(1));
       },
       "layer.shape", "lstm", "of 1 layers for a stack of 2"},
      {"forward_without_output",
       [] {
         stack([](auto& o) {
           o.layer.outputs = Outputs::none;
         }).forward(Variable(Tensor({5, 2, 3})));
       },
       "layer.outputs", "outputs", "nothing to hand on"},
      {"sequential_without_output",
       [] {
         Sequential model(std::make_unique<StackedRecurrent>(
             stack([](auto& o) { o.layer.outputs = Outputs::none; })));
         model.forward(Variable(Tensor({5, 2, 3})));
       },
       "layer.outputs", "outputs", "nothing to hand on"},
      {"weights_of_other_size",
       [=] { stack(plain).load_state(stack([](auto& o) { o.layer.hidden_size = 5; }).state()); },
       "layer.state", "weight_ih_l0", "needs [16,3]"},
      {"weights_of_another_second_layer",
       [=] {
         NamedTensors state = stack(plain).state();
         for (auto& [name, tensor] : state)
           if (name == "weight_hh_l1") tensor = Tensor({16, 5});
         stack(plain).load_state(state);
       },
       "layer.state", "weight_hh_l1", "needs [16,4]"},
      {"weights_of_fewer_layers",
       [=] { stack(plain).load_state(stack([](auto& o) { o.layer.num_layers = 1; }).state()); },
       "layer.state", "weight_ih_l1", "weight_ih_l1"},
      {"stream_of_the_future",
       [] {
         StackedStream stream(stack([](auto& o) {
           o.layer.direction = DirectionOf::both;
           o.merge = Merge::sum;
         }));
       },
       "layer.stream", "lstm", "future"},
      {"stream_state_without_slots",
       [=] {
         std::vector<RecurrentState> states(2);
         states[1].c() = Variable(Tensor({2, 1, 4}));
         StackedStream(stack(dilated)).set_states(states);
       },
       "layer.shape", "lstm state of layer 1", "needs 3 along the first axis"},
      {"stream_states_of_one_layer",
       [=] { StackedStream(stack(plain)).set_states(std::vector<RecurrentState>(1)); },
       "layer.shape", "lstm", "of 1 layers for a stack of 2"},
  };
}

class StackedError : public testing::TestWithParam<Mistake> {};

TEST_P(StackedError, OneSentence) {
  const Mistake& mistake = GetParam();
  try {
    mistake.make();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.id, mistake.id) << text;
    EXPECT_EQ(error.where, mistake.where) << text;
    EXPECT_EQ(error.code, ExitCode::config) << text;
    EXPECT_NE(text.find(mistake.says), std::string::npos) << text;
    EXPECT_FALSE(error.hint.empty()) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

const auto name_of = [](const auto& row) { return std::string(row.param.name); };
INSTANTIATE_TEST_SUITE_P(Options, StackedError, testing::ValuesIn(option_mistakes()), name_of);
INSTANTIATE_TEST_SUITE_P(Recipes, StackedError, testing::ValuesIn(recipe_mistakes()), name_of);
INSTANTIATE_TEST_SUITE_P(Runs, StackedError, testing::ValuesIn(run_mistakes()), name_of);

}  // namespace
}  // namespace sluice
