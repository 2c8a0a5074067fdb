#include "sluice/base/options.h"

#include <gtest/gtest.h>

#include "sluice/base/error.h"

namespace sluice {
namespace {

Options example() {
  Options options("model[0].lstm");
  options.set("hidden_size", "256");
  options.set("rate", "1e-3");
  options.set("bias", "True");
  options.set("activation", "relu");
  return options;
}

// What the getter throws, as "id where".
template <class F>
std::string failure(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, ExitCode::config);
    EXPECT_FALSE(error.message.empty());
    EXPECT_FALSE(error.hint.empty()) << error.what();
    return error.id + " " + error.where;
  }
  return "nothing was thrown";
}

TEST(Options, ConvertsWhatIsGiven) {
  const Options options = example();
  EXPECT_EQ(options.get_int("hidden_size", 1), 256);
  EXPECT_DOUBLE_EQ(options.get_double("rate", 0), 1e-3);
  EXPECT_TRUE(options.get_bool("bias", false));
  EXPECT_EQ(options.get_string("activation", ""), "relu");
  EXPECT_NO_THROW(options.finish());
}

TEST(Options, ReadsListsOfWholeNumbers) {
  Options options("model[0].lstm");
  options.set("sizes", "64, 32,8");
  options.set("one", "7");
  options.set("words", "1,two");
  options.set("gap", "1,,2");
  options.set("end", "1,");
  options.set("nothing", "");
  EXPECT_EQ(options.get_ints("sizes", {}), (std::vector<int>{64, 32, 8}));
  EXPECT_EQ(options.get_ints("one", {}), (std::vector<int>{7}));
  EXPECT_EQ(options.get_ints("absent", {1, 2}), (std::vector<int>{1, 2}));
  for (const std::string key : {"words", "gap", "end", "nothing"})
    EXPECT_EQ(failure([&] { options.get_ints(key, {}); }), "config.type model[0].lstm." + key);
}

TEST(Options, ReadsListsOfNumbers) {
  Options options("loss.pinball");
  options.set("quantiles", "0.1, 5e-1,0.9");
  options.set("broken", "0.1,,0.9");
  EXPECT_EQ(options.get_doubles("quantiles", {}), (std::vector<double>{0.1, 0.5, 0.9}));
  EXPECT_EQ(options.get_doubles("absent", {0.5}), (std::vector<double>{0.5}));
  EXPECT_EQ(failure([&] { options.get_doubles("broken", {}); }), "config.type loss.pinball.broken");
}

TEST(Options, FallsBack) {
  const Options options = example();
  EXPECT_EQ(options.get_int("num_layers", 2), 2);
  EXPECT_EQ(options.get_choice("direction", "forward", {"forward", "backward"}), "forward");
  EXPECT_FALSE(options.has("num_layers"));
}

TEST(Options, LastSettingOfAKeyCounts) {
  Options options = example();
  options.set("hidden_size", "8");
  EXPECT_EQ(options.get_int("hidden_size", 1), 8);
  EXPECT_EQ(options.items().size(), 4u);
}

TEST(Options, RefusesAnotherType) {
  const Options options = example();
  EXPECT_EQ(failure([&] { options.get_int("activation", 1); }),
            "config.type model[0].lstm.activation");
  EXPECT_EQ(failure([&] { options.get_int("rate", 1); }), "config.type model[0].lstm.rate");
  EXPECT_EQ(failure([&] { options.get_double("activation", 1); }),
            "config.type model[0].lstm.activation");
  EXPECT_EQ(failure([&] { options.get_bool("hidden_size", true); }),
            "config.type model[0].lstm.hidden_size");
}

TEST(Options, RefusesNumbersThatAreNone) {
  for (const char* text : {"", " ", "nan", "inf", "1,5", "0x10", "3 4", "+", "99999999999"}) {
    Options options;
    options.set("number", text);
    EXPECT_EQ(failure([&] { options.get_int("number", 1); }), "config.type number") << text;
    if (std::string(text) != "99999999999") {
      EXPECT_EQ(failure([&] { options.get_double("number", 1); }), "config.type number") << text;
    }
  }
}

TEST(Options, SuggestsTheNearestChoice) {
  Options options;
  options.set("activation", "rellu");
  try {
    options.get_choice("activation", "tanh", {"tanh", "relu"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "config.choice");
    EXPECT_NE(error.message.find("tanh, relu"), std::string::npos);
    EXPECT_EQ(error.hint, "did you mean \"relu\"?");
  }
}

TEST(Options, FinishRefusesUnknownKeysWithTheNearest) {
  Options options("lstm");
  options.set("hidden_sizes", "8");
  options.get_int("hidden_size", 1);
  try {
    options.finish();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "config.unknown_key");
    EXPECT_EQ(error.where, "lstm.hidden_sizes");
    EXPECT_EQ(error.hint, "did you mean \"hidden_size\"?");
  }
}

TEST(Options, FinishListsTheKeysWhereNoneIsNear) {
  Options options;
  options.set("qqqqqqq", "8");
  options.get_int("hidden_size", 1);
  EXPECT_EQ(failure([&] { options.finish(); }), "config.unknown_key qqqqqqq");
}

}  // namespace
}  // namespace sluice
