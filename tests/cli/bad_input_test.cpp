// Wrong input, case by case: one clear sentence that names the place, the right exit code, and
// nothing left behind. Every case runs twice, for a person and with --json for a program.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "command.h"

namespace sluice {
namespace {

using Words = std::vector<std::string>;

struct BadInput {
  std::string name;
  std::vector<std::pair<std::string, std::string>> files;
  Words arguments;
  int exit_code;
  Words said;  ///< each must be in the sentence or its hint
  Workplace::Limits limits = {};
};

std::string rows_with(const std::string& replaced, const std::string& by, int rows = 40) {
  std::string text = monthly_csv(rows);
  const size_t at = text.find(replaced);
  if (at == std::string::npos) throw std::runtime_error("test data lacks " + replaced);
  return text.replace(at, text.find('\n', at) + 1 - at, by);
}

const std::string good = monthly_csv(60);
const Words quick = {"epochs=2", "seeds=1"};

Words with(Words first, const Words& more = quick) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

Workplace::Limits full_disk(long bytes) {
  Workplace::Limits limits;
  limits.file_size = bytes;
  return limits;
}

Workplace::Limits empty_path() {
  Workplace::Limits limits;
  limits.path_variable = "/nowhere";
  return limits;
}

Workplace::Limits full_output() {
  Workplace::Limits limits;
  limits.output = "/dev/full";
  return limits;
}

// What a file may hold that is no series.
std::vector<BadInput> bad_data() {
  const std::string two = "month,a,b\n2000-01,1,2\n2000-02,2,3\n2000-03,3,5\n";
  return {
      {"missing_file", {}, {"fit", "no.csv"}, 2, {"no.csv", "no such file"}},
      {"folder", {}, {"fit", "."}, 2, {"directory"}},
      {"empty", {{"a.csv", ""}}, {"fit", "a.csv"}, 2, {"a.csv", "empty"}},
      {"header_only", {{"a.csv", "month,sales\n"}}, {"fit", "a.csv"}, 2, {"a.csv"}},
      {"two_rows",
       {{"a.csv", "m,y\n2000-01,5\n2000-02,6\n"}},
       {"fit", "a.csv"},
       2,
       {"take 3 rows"}},
      {"ragged_row",
       {{"a.csv", rows_with("2000-05", "2000-05,1,9\n")}},
       {"fit", "a.csv"},
       2,
       {"a.csv:6", "3", "2"}},
      {"text_in_numbers",
       {{"a.csv", rows_with("2000-05", "2000-05,many\n")}},
       {"fit", "a.csv"},
       2,
       {"a.csv:6", "sales", "many"}},
      {"all_text",
       {{"a.csv", "month,sales\n2000-01,x\n2000-02,y\n2000-03,z\n"}},
       {"fit", "a.csv"},
       2,
       {"a.csv"}},
      {"unknown_target", {{"a.csv", good}}, {"fit", "a.csv", "target=sale"}, 2, {"sale", "sales"}},
      {"unknown_past", {{"a.csv", good}}, {"fit", "a.csv", "past=[price]"}, 2, {"price"}},
      {"unknown_derived",
       {{"a.csv", two}},
       {"fit", "a.csv", "target=c", "derive={c: {a: 1, bb: 1}}"},
       2,
       {"a.csv", "\"bb\"", "\"b\""}},
      {"derived_twice",
       {{"a.csv", two}},
       {"fit", "a.csv", "derive={a: {b: 1}}"},
       3,
       {"a.csv", "\"a\" already"}},
      {"aggregate_to_nothing",
       {{"a.csv", good}},
       {"fit", "a.csv", "aggregate=fortnight"},
       3,
       {"fortnight", "W-SUN"}},
      {"aggregate_a_part",
       {{"a.csv", rows_with("2000-05", "2000-05,1\n", 6)}},
       {"fit", "a.csv", "aggregate=YS"},
       2,
       {"a.csv", "no whole step of YS"}},
      {"which_target", {{"a.csv", two}}, {"fit", "a.csv"}, 3, {"target", "a", "b"}},
  };
}

// What dates and cells may hold.
std::vector<BadInput> bad_cells() {
  return {
      {"duplicate_date",
       {{"a.csv", rows_with("2000-05", "2000-04,1\n")}},
       {"fit", "a.csv"},
       2,
       {"a.csv:6", "2000-04"}},
      {"several_series",
       {{"a.csv", "day,store,sales\n2000-01-01,a,1\n2000-01-01,b,2\n2000-01-02,a,3\n"}},
       {"fit", "a.csv"},
       2,
       {"a.csv:3", "2000-01-01", "column \"store\" names several series"}},
      {"thousands_of_one_quote",
       {{"a.csv", "month;sales\n2000-01;1'000,5\n2000-02;1'0,5\n2000-03;1'100,5\n"}},
       {"fit", "a.csv", "thousands='"},
       2,
       {"a.csv:3", "1'0,5"}},
      {"gap", {{"a.csv", rows_with("2000-05", "")}}, {"fit", "a.csv"}, 2, {"a.csv", "2000-04"}},
      {"mixed_dates",
       {{"a.csv", rows_with("2000-05", "05/2000,1\n")}},
       {"fit", "a.csv"},
       2,
       {"a.csv:6", "05/2000"}},
      {"impossible_date",
       {{"a.csv", rows_with("2000-05", "2000-13,1\n")}},
       {"fit", "a.csv"},
       2,
       {"a.csv:6", "2000-13"}},
      {"missing_value",
       {{"a.csv", rows_with("2000-05", "2000-05,\n")}},
       {"fit", "a.csv"},
       2,
       {"sales", "missing"}},
      {"all_missing",
       {{"a.csv", "month,sales\n2000-01,\n2000-02,\n2000-03,\n"}},
       {"fit", "a.csv"},
       2,
       {"a.csv"}},
      {"infinite",
       {{"a.csv", rows_with("2000-05", "2000-05,inf\n")}},
       {"fit", "a.csv"},
       2,
       {"a.csv:6", "sales", "inf"}},
      {"constant",
       {{"a.csv", "v\n" +
                      [] {
                        std::string text;
                        for (int i = 0; i < 60; ++i) text += "7\n";
                        return text;
                      }()}},
       {"fit", "a.csv"},
       2,
       {"a.csv", "is 7 in all"}},
      {"open_quote",
       {{"a.csv", "month,sales\n2000-01,\"5\n2000-02,6\n"}},
       {"fit", "a.csv"},
       2,
       {"a.csv", "quote"}},
      {"not_text",
       {{"a.csv", std::string("\x89PNG\r\n\x1a\n\0\0\0\xff\xfe", 13)}},
       {"fit", "a.csv"},
       2,
       {"a.csv"}},
      {"broken_gzip",
       {{"a.csv.gz", "\x1f\x8b\x08 not a gzip file"}},
       {"fit", "a.csv.gz"},
       2,
       {"a.csv.gz"}},
      {"wrong_time_format",
       {{"a.csv", good}},
       {"fit", "a.csv", "time_format=%d/%m/%Y"},
       2,
       {"a.csv", "%d/%m/%Y"}},
      {"unknown_time_column", {{"a.csv", good}}, {"fit", "a.csv", "time=date"}, 2, {"date"}},
      {"wrong_frequency", {{"a.csv", good}}, {"fit", "a.csv", "frequency=D"}, 2, {"a.csv"}},
  };
}

// Jobs that the data cannot carry.
std::vector<BadInput> bad_jobs() {
  return {
      {"horizon_beyond", {{"a.csv", good}}, {"backtest", "a.csv", "horizon=100"}, 2, {"100", "60"}},
      {"lookback_beyond", {{"a.csv", good}}, {"fit", "a.csv", "lookback=100"}, 2, {"100"}},
      {"too_many_windows", {{"a.csv", good}}, {"backtest", "a.csv", "windows=90"}, 2, {"90", "60"}},
      {"split_and_test",
       {{"a.csv", good}},
       {"fit", "a.csv", "split=30", "test=10"},
       3,
       {"split", "test"}},
      {"split_outside", {{"a.csv", good}}, {"fit", "a.csv", "split=60"}, 3, {"0", "horizon"}},
      {"until_outside", {{"a.csv", good}}, {"fit", "a.csv", "until=90"}, 3, {"90", "60"}},
      {"validation_eats_all",
       {{"a.csv", good}},
       with({"fit", "a.csv", "validation=99"}),
       3,
       {"validation", "99"}},
      {"late_validation", {}, with({"fit", "good.csv", "validation=2030-01"}), 3, {"2004-12"}},
      {"whole_series_of_steps",
       {{"a.csv", good}},
       with({"fit", "a.csv", "whole_series=true", "lookback=3"}),
       3,
       {"lookback_as=features"}},
      {"log_of_zero",
       {{"a.csv", rows_with("2000-05", "2000-05,0\n")}},
       with({"fit", "a.csv", "transform=log"}),
       2,
       {"a.csv:6", "sales"}},
      {"forecast_beyond_numbers",
       {{"a.csv", good}},
       with({"fit", "a.csv", "transform=log", "learning_rate=1e9"}),
       4,
       {"forecast", "learning_rate"}},
      {"diverged",
       {{"a.csv", good}},
       {"fit", "a.csv", "optimizer=sgd", "learning_rate=1e30", "clip_norm=0", "epochs=20"},
       4,
       {"learning_rate"}},
  };
}

// Recipes and command lines.
std::vector<BadInput> bad_words() {
  const std::pair<std::string, std::string> data = {"a.csv", good};
  return {
      {"nothing", {}, {}, 3, {"subcommand"}},
      {"no_file", {data}, {"fit", "horizon=3"}, 3, {"data"}},
      {"unknown_verb", {}, {"fti", "a.csv"}, 3, {"fti"}},
      {"unknown_option", {data}, {"fit", "a.csv", "--fast"}, 3, {"--fast"}},
      {"typo_in_option", {data}, {"fit", "--modle", "m.sluice"}, 3, {"\"--model\""}},
      {"two_files", {data, {"b.csv", good}}, {"fit", "a.csv", "b.csv"}, 3, {"a.csv", "b.csv"}},
      {"key_without_value", {data}, {"fit", "a.csv", "horizon"}, 3, {"horizon=value"}},
      {"cut_list", {data}, {"fit", "a.csv", "transform=[log,", "log]"}, 3, {"quotes"}},
      {"model_as_data", {data}, {"fit", "m.sluice"}, 3, {"m.sluice", "model"}},
      {"json_and_stdout", {data}, {"backtest", "a.csv", "--json", "--out", "-"}, 3, {"stdout"}},
      {"missing_recipe", {}, {"fit", "no.yaml"}, 2, {"no.yaml"}},
      {"broken_yaml",
       {data, {"r.yaml", "data: a.csv\nmodel: [gru\n"}},
       {"fit", "r.yaml"},
       3,
       {"r.yaml", "YAML"}},
      {"typo_in_recipe",
       {data, {"r.yaml", "data: a.csv\nlerning_rate: 0.1\n"}},
       {"fit", "r.yaml"},
       3,
       {"r.yaml:2", "lerning_rate", "learning_rate"}},
      {"typo_in_argument", {data}, {"fit", "a.csv", "hoirzon=3"}, 3, {"hoirzon", "horizon"}},
      {"wrong_type",
       {data, {"r.yaml", "data: a.csv\n\nhorizon: twelve\n"}},
       {"fit", "r.yaml"},
       3,
       {"r.yaml:3", "horizon", "twelve", "whole number"}},
      {"horizon_zero", {data}, {"fit", "a.csv", "horizon=0"}, 3, {"horizon", "at least 1"}},
      {"key_twice", {data, {"r.yaml", "seed: 1\nseed: 2\n"}}, {"fit", "r.yaml"}, 3, {"r.yaml:2"}},
      {"unknown_choice", {data}, {"fit", "a.csv", "scale=minmxa"}, 3, {"scale", "minmax"}},
      {"unknown_transform", {data}, with({"fit", "a.csv", "transform=lgo"}), 3, {"lgo", "log"}},
      {"unknown_calendar", {data}, with({"fit", "a.csv", "calendar=[moon]"}), 3, {"moon"}},
      {"unknown_model", {data}, with({"fit", "a.csv", "model=lsmt"}), 3, {"lsmt", "lstm"}},
      {"unknown_layer_option",
       {data},
       with({"fit", "a.csv", "model=[{lstm: {hiden_size: 4}}]"}),
       3,
       {"hiden_size", "hidden_size"}},
      {"huge_layer", {data}, with({"fit", "a.csv", "hidden_size=1000000000"}), 3, {"hidden_size"}},
      {"too_many_seeds", {data}, {"fit", "a.csv", "seeds=1000000000"}, 3, {"seeds", "1000"}},
      {"too_many_draws",
       {data},
       {"fit", "a.csv", "monte_carlo=1000000000"},
       3,
       {"monte_carlo", "1000000"}},
      {"unknown_loss", {data}, with({"fit", "a.csv", "loss=msee"}), 3, {"msee", "mse"}},
      {"unknown_optimizer", {data}, with({"fit", "a.csv", "optimizer=adm"}), 3, {"adm", "adam"}},
      {"unknown_schedule",
       {data},
       with({"fit", "a.csv", "schedule=cosin"}),
       3,
       {"cosin", "cosine"}},
      {"unknown_frequency", {data}, {"fit", "a.csv", "frequency=monthly-ish"}, 3, {"monthly-ish"}},
  };
}

// Model files, outputs and a full disk; "good.sluice" is a model of good.csv.
std::vector<BadInput> bad_files() {
  const std::string short_rows = monthly_csv(5);
  return {
      {"missing_model", {}, {"forecast", "no.sluice", "good.csv"}, 2, {"no.sluice"}},
      {"foreign_model",
       {{"m.sluice", "month,sales\n2000-01,5\n"}},
       {"forecast", "m.sluice", "good.csv"},
       2,
       {"m.sluice"}},
      {"empty_model", {{"m.sluice", ""}}, {"report", "m.sluice"}, 2, {"m.sluice"}},
      {"data_too_short",
       {{"s.csv", short_rows}},
       {"forecast", "good.sluice", "s.csv"},
       2,
       {"s.csv", "5"}},
      {"column_gone",
       {{"s.csv", "month,price\n2000-01,1\n2000-02,2\n2000-03,3\n"}},
       {"forecast", "good.sluice", "s.csv"},
       2,
       {"sales"}},
      {"other_frequency",
       {{"s.csv", "month,sales\n2000-01-01,1\n2000-01-02,2\n2000-01-03,3\n"}},
       {"forecast", "good.sluice", "s.csv"},
       2,
       {"s.csv"}},
      {"horizon_is_fixed",
       {},
       {"forecast", "good.sluice", "good.csv", "horizon=3"},
       3,
       {"horizon"}},
      {"no_such_folder",
       {},
       with({"fit", "good.csv", "--no-backtest", "--model", "no/m.sluice"}),
       2,
       {"no/m.sluice"}},
      {"output_is_a_folder", {}, {"forecast", "good.sluice", "good.csv", "--out", "."}, 2, {"."}},
      {"full_disk_model",
       {},
       with({"fit", "good.csv", "--no-backtest", "--model", "m.sluice"}),
       2,
       {"m.sluice"},
       full_disk(500)},
      {"full_disk_forecast",
       {},
       {"forecast", "good.sluice", "good.csv", "--out", "next.csv"},
       2,
       {"next.csv"},
       full_disk(10)},
      {"full_disk_report",
       {},
       {"report", "good.sluice", "--out", "r.html"},
       2,
       {"r.html"},
       full_disk(4096)},
      {"full_disk_backtest",
       {},
       with({"backtest", "good.csv", "--out", "cv.csv"}),
       2,
       {"cv.csv"},
       full_disk(500)},
      {"no_gnuplot",
       {},
       {"report", "good.sluice", "--figures", "figures"},
       3,
       {"gnuplot"},
       empty_path()},
  };
}

// Nothing that is printed may be lost without a word.
std::vector<BadInput> bad_output() {
  if (!std::filesystem::exists("/dev/full")) return {};
  std::vector<BadInput> all;
  const std::pair<const char*, Words> commands[] = {{"help", {"--help"}},
                                                    {"help_of_a_verb", {"fit", "--help"}},
                                                    {"version", {"--version"}},
                                                    {"inspect", {"inspect", "good.csv"}}};
  for (const auto& [name, arguments] : commands)
    all.push_back({std::string("full_output_of_") + name,
                   {},
                   arguments,
                   2,
                   {"cannot be written"},
                   full_output()});
  return all;
}

std::vector<BadInput> all_cases() {
  std::vector<BadInput> all;
  for (const auto& part :
       {bad_data(), bad_cells(), bad_jobs(), bad_words(), bad_files(), bad_output()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

void PrintTo(const BadInput& bad, std::ostream* out) { *out << bad.name; }

class BadInputTest : public testing::TestWithParam<BadInput> {
 protected:
  static void SetUpTestSuite() {
    Workplace place;
    place.write("good.csv", good);
    const CommandResult fitted =
        place.run(with({"fit", "good.csv", "--no-backtest", "--model", "good.sluice"}));
    ASSERT_EQ(fitted.exit_code, 0) << fitted.err;
    model_ = place.read("good.sluice");
  }
  static std::string model_;
};
std::string BadInputTest::model_;

void expect_one_sentence(const BadInput& bad, const CommandResult& result) {
  const std::string line = result.last_error_line();
  EXPECT_EQ(result.exit_code, bad.exit_code) << result.err;
  EXPECT_EQ(line.rfind("sluice: ", 0), 0u) << result.err;
  for (const std::string& word : bad.said)
    EXPECT_NE(line.find(word), std::string::npos) << "\"" << word << "\" is not in: " << line;
  EXPECT_EQ(line.find("internal error"), std::string::npos) << line;
  EXPECT_LT(line.size(), 400u) << line;
}

void expect_json(const BadInput& bad, const CommandResult& result) {
  EXPECT_EQ(result.exit_code, bad.exit_code) << result.err;
  const auto document = nlohmann::json::parse(result.last_error_line(), nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << result.err;
  EXPECT_FALSE(document["error"]["id"].get<std::string>().empty());
  EXPECT_FALSE(document["error"]["message"].get<std::string>().empty());
  EXPECT_TRUE(document["error"]["hint"].is_string()) << result.err;
  EXPECT_EQ(document["error"]["exit_code"], bad.exit_code);
  EXPECT_TRUE(result.out.empty()) << result.out;
}

TEST_P(BadInputTest, OneSentenceRightCodeNothingLeft) {
  const BadInput& bad = GetParam();
  Workplace place;
  place.write("good.csv", good);
  place.write("good.sluice", model_);
  for (const auto& [name, content] : bad.files) place.write(name, content);
  const auto before = place.snapshot();
  Words with_json = bad.arguments;
  if (std::count(with_json.begin(), with_json.end(), "--json") == 0) {
    expect_one_sentence(bad, place.run(bad.arguments, bad.limits));
    EXPECT_TRUE(place.snapshot() == before) << "a file was left or changed";
    with_json.push_back("--json");
  }
  expect_json(bad, place.run(with_json, bad.limits));
  EXPECT_TRUE(place.snapshot() == before) << "a file was left or changed";
}

INSTANTIATE_TEST_SUITE_P(Cases, BadInputTest, testing::ValuesIn(all_cases()),
                         [](const auto& one) { return one.param.name; });

TEST(BadInputTable, HasAtLeastFortyCases) { EXPECT_GE(all_cases().size(), 40u); }

// A model file cut at any length, or with any byte changed, is refused and never crashes.
TEST_F(BadInputTest, DamagedModelFilesAreRefused) {
  Workplace place;
  place.write("good.csv", good);
  std::vector<std::string> damaged;
  for (size_t length :
       {size_t{1}, size_t{7}, size_t{8}, size_t{100}, model_.size() / 2, model_.size() - 1})
    damaged.push_back(model_.substr(0, length));
  for (size_t at = 3; at < model_.size(); at += model_.size() / 12) {
    damaged.push_back(model_);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 0x15);
  }
  for (const std::string& content : damaged) {
    place.write("m.sluice", content);
    const CommandResult result = place.run({"forecast", "m.sluice", "good.csv", "--out", "n.csv"});
    EXPECT_EQ(result.exit_code, 2) << content.size() << " bytes: " << result.err;
    EXPECT_NE(result.err.find("m.sluice"), std::string::npos) << result.err;
  }
  EXPECT_EQ(place.snapshot().size(), 2u);
}

}  // namespace
}  // namespace sluice
