// What a person does with the command, in an empty folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "command.h"

namespace sluice {
namespace {

using Words = std::vector<std::string>;
using Json = nlohmann::json;

Words quick(Words words) {
  words.insert(words.end(), {"epochs=3", "seeds=2"});
  return words;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

CommandResult expect_done(const Workplace& place, const Words& words) {
  const CommandResult result = place.run(words);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result;
}

class Journey : public testing::Test {
 protected:
  void SetUp() override { place.write("sales.csv", monthly_csv(72)); }
  Workplace place;
};

TEST_F(Journey, InspectSaysWhatIsThere) {
  const std::string said = expect_done(place, {"inspect", "sales.csv"}).out;
  for (const char* word : {"72 rows", "month", "sales", "season: 12", "2000-01", "2005-12"})
    EXPECT_NE(said.find(word), std::string::npos) << word << " is not in\n" << said;
}

// What it proposes next is a command line that runs.
TEST_F(Journey, InspectKeepsWhatWasGiven) {
  place.write("two.csv", "month,a,b c\n2000-01,1,2\n2000-02,2,3\n2000-03,3,5\n2000-04,5,4\n");
  const std::string said =
      expect_done(place, {"inspect", "two.csv", "target=b c", "epochs=1", "horizon=1"}).out;
  EXPECT_NE(said.find("next      sluice backtest two.csv 'target=b c' epochs=1 horizon=1\n"),
            std::string::npos)
      << said;
}

// A model of months, fitted on days, reads a file of days.
TEST_F(Journey, ForecastsMonthsFromDays) {
  using namespace std::chrono;
  std::string days = "day,sales\n";
  for (sys_days date = year{2000} / 1 / 1; date < sys_days(year{2002} / 1 / 3);
       date += std::chrono::days{1}) {
    const year_month_day day(date);
    char line[40];
    std::snprintf(line, sizeof line, "%d-%02u-%02u,%u\n", int(day.year()), unsigned(day.month()),
                  unsigned(day.day()), 10 + unsigned(day.month()));
    days += line;
  }
  place.write("days.csv", days);
  expect_done(place,
              quick({"fit", "days.csv", "aggregate=MS", "horizon=2", "--model", "m.sluice"}));
  expect_done(place, {"forecast", "m.sluice", "days.csv", "--out", "next.csv"});
  const auto rows = lines_of(place.read("next.csv"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].substr(0, 17), "sales,2002-01-01,");  // two days are no January yet
  EXPECT_EQ(rows[2].substr(0, 17), "sales,2002-02-01,");
}

TEST_F(Journey, InspectShowsAProblemInsteadOfStopping) {
  place.write("gap.csv", "month,sales\n2000-01,1\n2000-02,2\n2000-03,3\n2000-05,5\n2000-06,6\n");
  const CommandResult result = expect_done(place, {"inspect", "gap.csv", "--json"});
  EXPECT_EQ(Json::parse(result.out)["problem"]["id"], "data.gap");
}

TEST_F(Journey, FitForecastReport) {
  const std::string fitted =
      expect_done(place, quick({"fit", "sales.csv", "horizon=12", "--model", "sales.sluice"})).out;
  for (const char* word :
       {"naive", "seasonal_naive", "seasonal_ratio", "mean", "ridge", "gru", "RMSE", "wins"})
    EXPECT_NE(fitted.find(word), std::string::npos) << word << " is not in\n" << fitted;
  EXPECT_LT(fitted.find("baselines"), fitted.find("all models"));

  expect_done(place, {"forecast", "sales.sluice", "sales.csv", "--out", "next.csv"});
  const auto rows = lines_of(place.read("next.csv"));
  ASSERT_EQ(rows.size(), 13u);
  EXPECT_EQ(rows[0], "unique_id,ds,gru");
  EXPECT_EQ(rows[1].substr(0, 14), "sales,2006-01,");
  EXPECT_EQ(rows[12].substr(0, 14), "sales,2006-12,");

  // Only the model file is needed from here on.
  place.write("sales.csv", "");
  expect_done(place, {"report", "sales.sluice", "--out", "report.html"});
  const std::string page = place.read("report.html");
  for (const char* word : {"<html", "seasonal_naive", "ridge", "2006-12"})
    EXPECT_NE(page.find(word), std::string::npos) << word;
  EXPECT_EQ(page.find("src=\"http"), std::string::npos);
}

TEST_F(Journey, ForecastContinuesTheDataItIsGiven) {
  expect_done(place,
              quick({"fit", "sales.csv", "horizon=3", "--no-backtest", "--model", "m.sluice"}));
  place.write("later.csv", monthly_csv(80));
  const auto rows = lines_of(expect_done(place, {"forecast", "m.sluice", "later.csv"}).out);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1].substr(0, 14), "sales,2006-09,");
}

TEST_F(Journey, MonteCarloStandsBesideTheForecast) {
  expect_done(place,
              {"fit", "sales.csv", "epochs=3", "horizon=2", "--no-backtest",
               "model=[{gru: {hidden_size: 4, variational_hidden: 0.3}}]", "--model", "m.sluice"});
  const std::vector<std::string> words = {"forecast", "m.sluice", "sales.csv", "monte_carlo=20"};
  const std::string said = expect_done(place, words).out;
  const auto rows = lines_of(said);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], "unique_id,ds,gru,gru-sd,gru-lo-80,gru-hi-80");
  EXPECT_EQ(std::count(rows[1].begin(), rows[1].end(), ','), 5);
  EXPECT_EQ(expect_done(place, words).out, said);
  auto json = words;
  json.push_back("--json");
  const Json step = Json::parse(expect_done(place, json).out)["forecast"][0];
  EXPECT_GT(step["gru-sd"], 0);
  EXPECT_LT(step["gru-lo-80"], step["gru-hi-80"]);
}

TEST_F(Journey, BacktestWritesEveryForecast) {
  expect_done(place, quick({"backtest", "sales.csv", "horizon=2", "windows=3", "--out", "cv.csv"}));
  const auto rows = lines_of(place.read("cv.csv"));
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[0], "unique_id,ds,cutoff,y,gru,naive,seasonal_naive,seasonal_ratio,mean,ridge");
  EXPECT_EQ(rows[1].substr(0, 22), "sales,2005-07,2005-06,");
  EXPECT_EQ(rows[2].substr(0, 22), "sales,2005-08,2005-06,");
  EXPECT_EQ(rows[6].substr(0, 22), "sales,2005-12,2005-10,");
}

TEST_F(Journey, OutDashIsStdoutAndNothingElseIsThere) {
  const CommandResult result = expect_done(place, quick({"backtest", "sales.csv", "--out", "-"}));
  EXPECT_EQ(lines_of(result.out)[0].substr(0, 22), "unique_id,ds,cutoff,y,");
  EXPECT_EQ(result.out.find("baselines"), std::string::npos);
  EXPECT_NE(result.err.find("baselines"), std::string::npos);
}

TEST_F(Journey, JsonIsOneDocument) {
  const Json backtest =
      Json::parse(expect_done(place, quick({"backtest", "sales.csv", "horizon=3", "--json"})).out);
  EXPECT_EQ(backtest["plan"]["horizon"], 3);
  const Json& last = backtest["models"].back();
  EXPECT_EQ(last["model"], "gru");
  EXPECT_EQ(last["runs"], 2);
  EXPECT_EQ(last["steps"].size(), 3u);
  EXPECT_EQ(last["windows"].size(), backtest["plan"]["windows"]);
  for (const char* metric : {"rmse", "mae", "mape", "smape", "mase", "r2"}) {
    EXPECT_TRUE(last[metric].is_number()) << metric;
    EXPECT_TRUE(last[metric + std::string("_sd")].is_number()) << metric;
  }
  const Json fit = Json::parse(
      expect_done(place, quick({"fit", "sales.csv", "--json", "--model", "m.sluice"})).out);
  EXPECT_EQ(fit["model_file"], "m.sluice");
  const Json forecast =
      Json::parse(expect_done(place, {"forecast", "m.sluice", "sales.csv", "--json"}).out);
  EXPECT_EQ(forecast["forecast"][0]["ds"], "2006-01");
}

TEST_F(Journey, RecipeFileAndArguments) {
  place.write("job.yaml", "data: sales.csv\nhorizon: 2\nepochs: 3\nseeds: 1\nmodel: lstm\n");
  expect_done(place, {"fit", "job.yaml", "horizon=4", "--no-backtest"});
  const auto rows = lines_of(expect_done(place, {"forecast", "job.sluice", "sales.csv"}).out);
  ASSERT_EQ(rows.size(), 5u) << "the argument comes after the file";
  EXPECT_EQ(rows[0], "unique_id,ds,lstm");
}

TEST_F(Journey, SameSeedSameBytes) {
  const auto forecast = [&](const std::string& threads) {
    expect_done(place,
                quick({"fit", "sales.csv", "--no-backtest", "--model", "m.sluice", threads}));
    return expect_done(place, {"forecast", "m.sluice", "sales.csv"}).out;
  };
  EXPECT_EQ(forecast("threads=1"), forecast("threads=2"));
}

TEST_F(Journey, FitOnAllShowsBothNumbers) {
  const std::string said =
      expect_done(place, quick({"backtest", "sales.csv", "fit_on=all", "scale=minmax"})).out;
  EXPECT_NE(said.find("gru fit_on=all"), std::string::npos) << said;
  EXPECT_NE(said.find("gru fit_on=train"), std::string::npos) << said;
  EXPECT_NE(said.find("has seen the test rows"), std::string::npos) << said;
}

TEST_F(Journey, TargetInTheSameRowNeedsNoTargetToForecast) {
  std::string both = "x,y\n", inputs = "x\n";
  for (int i = 0; i < 80; ++i) {
    const double x = 0.2 * i - static_cast<int>(0.2 * i);
    both += std::to_string(x) + "," + std::to_string(2 * x) + "\n";
    inputs += std::to_string(x) + "\n";
  }
  place.write("both.csv", both);
  place.write("inputs.csv", inputs);
  expect_done(place, quick({"fit", "both.csv", "target=y", "past=[x]", "target_at=same",
                            "lookback=4", "--model", "m.sluice"}));
  const auto rows = lines_of(expect_done(place, {"forecast", "m.sluice", "inputs.csv"}).out);
  EXPECT_EQ(rows.size(), 1u + 80 - 3);
}

// A derived target of the same row: the rows to forecast need neither it nor what it, or a column
// that is no input, is made of.
TEST_F(Journey, DerivedTargetInTheSameRowIsForecastFromTheInputsAlone) {
  std::string all = "month,a,b,x\n", inputs = "month,x\n";
  const std::string sales = monthly_csv(72);
  for (const std::string& line : lines_of(sales.substr(sales.find('\n') + 1))) {
    const std::string month = line.substr(0, 7);
    const double x = std::stod(line.substr(8));
    all += month + "," + std::to_string(5 + 3 * x) + "," + std::to_string(x - 1) + "," +
           std::to_string(x) + "\n";
    inputs += month + "," + std::to_string(x) + "\n";
  }
  place.write("all.csv", all);
  place.write("inputs.csv", inputs);
  const Words recipe = {"derive={net: {a: 1, b: -1}, more: {net: 2}, input: {x: 0.5}}",
                        "target=net", "past=[input]", "target_at=same", "linear_skip=ridge"};
  Words fit = quick({"fit", "all.csv", "--model", "m.sluice"});
  fit.insert(fit.end(), recipe.begin(), recipe.end());
  expect_done(place, fit);
  const std::string said = expect_done(place, {"forecast", "m.sluice", "inputs.csv"}).out;
  EXPECT_EQ(said, expect_done(place, {"forecast", "m.sluice", "all.csv"}).out);
  const auto rows = lines_of(said), truth = lines_of(inputs);
  ASSERT_GT(rows.size(), 20u);
  for (size_t back = 1; back <= 20; ++back) {
    const std::string &row = rows[rows.size() - back], &line = truth[truth.size() - back];
    EXPECT_EQ(row.substr(0, 12), "net," + line.substr(0, 7) + ",");
    const double x = std::stod(line.substr(8));
    EXPECT_NEAR(std::stod(row.substr(12)), 6 + 2 * x, 5) << row;
  }
}

// Ctrl-C keeps the best model so far, says so, and the file is whole.
TEST_F(Journey, InterruptKeepsTheModel) {
  Workplace::Limits limits;
  limits.wait_for = "fitting 0/";
  const CommandResult result =
      place.run({"fit", "sales.csv", "epochs=1000000", "seeds=1", "--model", "m.sluice"}, limits);
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_NE(result.err.find("m.sluice"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("kept"), std::string::npos) << result.err;
  expect_done(place, {"forecast", "m.sluice", "sales.csv"});
  EXPECT_EQ(place.snapshot().size(), 2u);
}

TEST_F(Journey, InterruptedBacktestWritesNothing) {
  Workplace::Limits limits;
  limits.wait_for = "networks trained 0/";
  const CommandResult result =
      place.run({"backtest", "sales.csv", "epochs=1000000", "--out", "cv.csv"}, limits);
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_EQ(place.snapshot().size(), 1u);
}

// Hours of training must not end at a folder that was never there.
TEST_F(Journey, OutputsAreCheckedBeforeTheWork) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"fit", "sales.csv", "--model", "no/m.sluice"},
        std::vector<std::string>{"backtest", "sales.csv", "--out", "no/cv.csv"}}) {
    const CommandResult result = place.run(quick(words));
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.err.rfind("sluice: no/", 0), 0u) << result.err;
  }
}

TEST_F(Journey, HelpNamesVerbsAndKeys) {
  const std::string help = expect_done(place, {"--help"}).out;
  for (const char* verb : {"inspect", "fit", "backtest", "forecast", "report"})
    EXPECT_NE(help.find(verb), std::string::npos) << verb;
  const std::string keys = expect_done(place, {"fit", "--help"}).out;
  for (const char* key : {"learning_rate", "calendar", "linear_skip", "windows"})
    EXPECT_NE(keys.find(key), std::string::npos) << key;
  EXPECT_NE(expect_done(place, {"--keys"}).out.find("| `lookback` |"), std::string::npos);
  EXPECT_NE(expect_done(place, {"--version"}).out.find(SLUICE_VERSION), std::string::npos);
}

}  // namespace
}  // namespace sluice
