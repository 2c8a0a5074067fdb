// A recipe's ways to stack: what they become, and what stays a plain layer.
#include <gtest/gtest.h>

#include "recurrent_case.h"
#include "sluice/layers/registry.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {
namespace {

using Keys = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<Module> from_recipe(const Keys& keys, const std::string& cell = "gru") {
  Options o("model[0]");
  for (const auto& [key, value] : keys) o.set(key, value);
  Generator generator(1);
  return make_layer(cell, o, 3, generator);
}

TEST(StackedRecipe, StaysAPlainLayerWhereThatIsAllItAsks) {
  for (const Keys& keys : std::vector<Keys>{
           {},
           {{"num_layers", "2"}, {"skip", "none"}, {"dropout", "0"}, {"dilation", "1"}},
           {{"direction", "both"}, {"merge", "concat"}},
           {{"hidden_sizes", "8"}},
           {{"hidden_sizes", "8, 8, 8"}, {"num_layers", "3"}}}) {
    const std::unique_ptr<Module> layer = from_recipe(keys);
    EXPECT_NE(dynamic_cast<Recurrent*>(layer.get()), nullptr) << keys.size();
  }
  const std::unique_ptr<Module> three = from_recipe({{"hidden_sizes", "8,8,8"}});
  EXPECT_EQ(dynamic_cast<Recurrent&>(*three).options().num_layers, 3);
  EXPECT_EQ(dynamic_cast<Recurrent&>(*three).options().hidden_size, 8);
}

TEST(StackedRecipe, LayersOfAStackAreBlocksOfXlstm) {
  const Keys plain = {{"num_layers", "3"}, {"initialization", "xlstm"}, {"hidden_size", "3"}};
  Keys dropped = plain, higher = plain;
  dropped.emplace_back("dropout", "0.5");
  for (Keys* keys : {&dropped, &higher}) keys->emplace_back("num_blocks", "8");
  for (Keys* keys : {&dropped, &higher}) keys->emplace_back("block_index", "4");
  const auto same = [](const Keys& a, const Keys& b) {
    const NamedTensors one = from_recipe(a, "slstm")->state(),
                       two = from_recipe(b, "slstm")->state();
    return test::first_difference(one, two).empty();
  };
  EXPECT_TRUE(same(dropped, higher));  // one layer made of three, and three layers
  EXPECT_FALSE(same(plain, higher));
}

TEST(StackedRecipe, OptionsReachTheStack) {
  const std::unique_ptr<Module> layer = from_recipe({{"hidden_sizes", "6, 4,4"},
                                                     {"direction", "both"},
                                                     {"merge", "mean"},
                                                     {"skip", "residual"},
                                                     {"dilation", "1,2,4"},
                                                     {"outputs", "all"},
                                                     {"dropout", "0.1"},
                                                     {"input_dropout", "0.2"},
                                                     {"output_dropout", "0.3"}});
  const auto& stack = dynamic_cast<StackedRecurrent&>(*layer);
  const StackedOptions& o = stack.options();
  EXPECT_EQ(o.hidden_sizes, (std::vector<int>{6, 4, 4}));
  EXPECT_EQ(o.dilation, (std::vector<int>{1, 2, 4}));
  EXPECT_EQ(o.merge, Merge::mean);
  EXPECT_EQ(o.skip, Skip::residual);
  EXPECT_EQ(o.dropout, 0.1);
  EXPECT_EQ(o.input_dropout, 0.2);
  EXPECT_EQ(o.output_dropout, 0.3);
  EXPECT_EQ(stack.output_size(3), 4);
  EXPECT_FALSE(stack.layers()[1].residual);
  EXPECT_TRUE(stack.layers()[2].residual);
  const NoGrad off;
  EXPECT_EQ(layer->forward(Variable(Tensor({2, 5, 3}))).shape(), (Shape{2, 5, 4}));
}

TEST(StackedRecipe, EveryCellTakesTheWaysToStack) {
  for (const std::string& cell : cell_names()) {
    if (find_cell(cell).info.below > 0) continue;  // RecurrentMeaning: stacked by num_layers alone
    const bool clocks = !find_cell(cell).info.periods.empty();
    const std::unique_ptr<Module> layer = from_recipe(
        {{"hidden_sizes", "4,3"}, {"skip", "dense"}, {"dilation", clocks ? "1" : "2"}}, cell);
    const NoGrad off;
    EXPECT_EQ(layer->forward(Variable(Tensor({2, 5, 3}))).shape(), (Shape{2, 3})) << cell;
  }
}

}  // namespace
}  // namespace sluice
