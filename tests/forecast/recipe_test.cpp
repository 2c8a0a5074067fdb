#include "sluice/forecast/recipe.h"

#include <gtest/gtest.h>

#include <set>

#include "sluice/base/error.h"

namespace sluice {
namespace {

using Chains = std::vector<std::vector<std::string>>;

Error error_of(const std::string& text) {
  try {
    read_recipe_text(text, "r.yaml");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "accepted: " << text;
  return Error(ExitCode::ok, "", "", "");
}

TEST(Recipe, ReadsEveryKindOfValue) {
  const Recipe recipe = read_recipe_text(
      "time: [year, month]\n"
      "horizon: 6\n"
      "transform: none\n"
      "scale: minmax\n"
      "model:\n"
      "  - lstm: {hidden_size: 256, activation: relu}\n"
      "  - dropout: {rate: 0.2}\n"
      "  - linear: {output_size: 6}\n"
      "learning_rate: {0: 1e-3, 10: 5e-4}\n"
      "derive: {net: {income: 1, cost: -1}, twice: {net: 2}}\n"
      "batch_size: all\n"
      "shuffle: no\n"
      "validation: 20%\n"
      "split: 1957-01\n"
      "test: 46\n",
      "r.yaml");
  EXPECT_EQ(recipe.time, (std::vector<std::string>{"year", "month"}));
  EXPECT_EQ(recipe.horizon, 6);
  ASSERT_TRUE(recipe.transform.has_value());
  EXPECT_EQ(recipe.transform->chains, (Chains{{}}));
  ASSERT_EQ(recipe.model.layers.size(), 3u);
  EXPECT_EQ(recipe.model.layers[0].name, "lstm");
  EXPECT_EQ(recipe.model.layers[0].options.get_int("hidden_size", 0), 256);
  EXPECT_EQ(recipe.learning_rate->from_epoch, (std::map<int, double>{{0, 1e-3}, {10, 5e-4}}));
  ASSERT_EQ(recipe.derive.columns.size(), 2u);
  EXPECT_EQ(recipe.derive.columns[0].first, "net");
  EXPECT_EQ(recipe.derive.columns[0].second,
            (DerivedColumns::Terms{{"income", 1.0}, {"cost", -1.0}}));
  EXPECT_EQ(recipe.batch_size, 0);
  EXPECT_FALSE(recipe.shuffle);
  EXPECT_EQ(recipe.validation.kind, Portion::Kind::share);
  EXPECT_DOUBLE_EQ(recipe.validation.value, 0.2);
  EXPECT_EQ(recipe.split.kind, Portion::Kind::date);
  EXPECT_EQ(recipe.test.kind, Portion::Kind::count);
}

TEST(Recipe, ArgumentsOverrideAndAutoClears) {
  EXPECT_TRUE(read_recipe_arguments({"derive={a: {b: 1}}", "derive=none"}).derive.columns.empty());
  EXPECT_EQ(read_recipe_arguments({"aggregate=D", "aggregate=none"}).aggregate, "");
  Recipe recipe = read_recipe_arguments({"lookback=12", "transform=[log,difference]", "delimiter=;",
                                         "model=[{lstm: {hidden_size: 4}}]"});
  EXPECT_EQ(recipe.lookback, 12);
  EXPECT_EQ(recipe.transform->chains, (Chains{{"log", "difference"}}));
  EXPECT_EQ(recipe.delimiter, ";");
  EXPECT_EQ(read_recipe_arguments({"time_format=%d/%m/%Y"}).time_format, "%d/%m/%Y");
  EXPECT_EQ(read_recipe_arguments({"time=none"}).time, (std::vector<std::string>{"none"}));
  EXPECT_EQ(read_recipe_arguments({"comment=#", "comment="}).comment, "");
  EXPECT_EQ(recipe.model.layers.at(0).options.get_int("hidden_size", 0), 4);
  recipe = read_recipe_arguments({"lookback=12", "lookback=auto"});
  EXPECT_FALSE(recipe.lookback.has_value());
  EXPECT_FALSE(recipe.was_given("lookback"));
  EXPECT_EQ(read_recipe_arguments({"transform=log,last_value"}).transform->chains,
            (Chains{{"log", "last_value"}}));
  EXPECT_EQ(read_recipe_arguments({"transform=[[log], [log, difference]]"}).transform->chains,
            (Chains{{"log"}, {"log", "difference"}}));
}

TEST(Recipe, TextReadsBackTheSame) {
  const std::string given =
      "data: \"a b.csv\"\ntime: [Date, Time]\ndelimiter: \";\"\nhorizon: 3\ntransform: []\n"
      "calendar: [month]\nmodel: [{lstm: {hidden_size: 8, activation: relu}}, flatten]\n"
      "optimizer: {sgd: {momentum: 0.9}}\nlearning_rate: {0: 0.001, 10: 0.0005}\nepochs: 7\n"
      "derive: {net: {income: 1, \"cost, all\": -0.25}}\n"
      "batch_size: all\nvalidation: 25%\nsplit: 1957-01\nseeds: 5\n";
  const Recipe once = read_recipe_text(given, "r.yaml");
  const std::string text = recipe_text(once);
  EXPECT_EQ(recipe_text(read_recipe_text(text, "again")), text);
  for (const std::string line : {"data: \"a b.csv\"\n", "transform: []\n", "batch_size: all\n",
                                 "optimizer: {sgd: {momentum: 0.9}}\n", "validation: 25%\n",
                                 "derive: {net: {income: 1, \"cost, all\": -0.25}}\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
}

TEST(Recipe, AnOptionOfALayerMayBeAList) {
  const Recipe once = read_recipe_text(
      "model: [{lstm: {hidden_sizes: [64, 32], dilation: [1, 2]}}, linear]\n", "r.yaml");
  EXPECT_EQ(once.model.layers.at(0).options.get_ints("hidden_sizes", {}),
            (std::vector<int>{64, 32}));
  const Recipe again = read_recipe_text(recipe_text(once), "again");
  EXPECT_EQ(again.model.layers.at(0).options.items(), once.model.layers.at(0).options.items());
  for (const char* wrong : {"{a: 1}", "[]", "[[1, 2]]"}) {
    const Error error = error_of("model: [{lstm: {hidden_sizes: " + std::string(wrong) + "}}]\n");
    EXPECT_EQ(error.id, "recipe.value") << wrong;
    EXPECT_NE(error.message.find("a single value or a list"), std::string::npos) << error.message;
  }
}

TEST(Recipe, UnknownKeySuggestsTheNearest) {
  const Error error = error_of("horizon: 3\nlerning_rate: 0.1\n");
  EXPECT_EQ(error.id, "recipe.unknown_key");
  EXPECT_EQ(error.code, ExitCode::config);
  EXPECT_EQ(error.where, "r.yaml:2");
  EXPECT_NE(error.hint.find("learning_rate"), std::string::npos);
}

TEST(Recipe, WrongValuesNamePlaceAndKey) {
  const std::pair<const char*, const char*> cases[] = {
      {"horizon: twelve", "a whole number"},
      {"horizon: 0", "at least 1"},
      {"horizon: 1.5", "a whole number"},
      {"lookback: [1, 2]", "a whole number"},
      {"scale: min_max", "one of"},
      {"shuffle: maybe", "true or false"},
      {"learning_rate: fast", "a number"},
      {"learning_rate: -1", "above 0"},
      {"learning_rate: {5: 0.1}", "begins at epoch 0"},
      {"batch_size: none", "a whole number"},
      {"test: 1.5", "share"},
      {"model: {a: 1, b: 2}", "a name or a list"},
      {"model: [{lstm: 8}]", "options of lstm"},
      {"target: [a, b]", "a single word"},
      {"past: {a: 1}", "a list"},
      {"derive: net", "sums of others"},
      {"derive: {net: income}", "sums of others"},
      {"derive: {net: {income: all}}", "a number"},
      {"aggregate_by: median", "one of"},
  };
  for (const auto& [text, expected] : cases) {
    const Error error = error_of(text);
    EXPECT_EQ(error.code, ExitCode::config) << text;
    EXPECT_EQ(error.where, "r.yaml:1") << text;
    EXPECT_NE(error.message.find(expected), std::string::npos) << error.what();
  }
}

TEST(Recipe, BrokenYamlNamesTheLine) {
  EXPECT_EQ(error_of("horizon: 3\nmodel: [gru\n").id, "recipe.yaml");
  EXPECT_EQ(error_of("- a\n- b\n").id, "recipe.not_a_map");
  EXPECT_EQ(error_of("seed: 1\n---\nepochs: 2\n").id, "recipe.documents");
  const Error twice = error_of("seed: 1\nseed: 2\n");
  EXPECT_EQ(twice.id, "recipe.duplicate_key");
  EXPECT_EQ(twice.where, "r.yaml:2");
  EXPECT_THROW(read_recipe_arguments({"horizon"}), Error);
}

TEST(Recipe, TableIsTheOnlyListOfKeys) {
  std::set<std::string> names;
  for (const RecipeKey& key : recipe_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.doc.empty()) << key.name;
    EXPECT_NE(recipe_help().find(key.name), std::string::npos);
    EXPECT_NE(recipe_markdown().find("`" + key.name + "`"), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice
