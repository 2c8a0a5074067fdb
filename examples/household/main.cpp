// A week of household power ahead, as the tutorials do it in Keras: five networks, and one of our
// own, each fitted once, then 46 weeks forward; RMSE of all days and of every weekday, beside what
// needs no network.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "examples/household/days.h"
#include "examples/household/floors.h"
#include "examples/support/job.h"
#include "sluice/base/error.h"
#include "sluice/forecast/resolve.h"

using namespace sluice;

namespace {

constexpr int days = 7;

struct Part {
  const char *recipe, *title;
  bool keras = true;
};
constexpr Part networks[] = {{"lstm", "LSTM"},
                             {"encoder_decoder", "encoder-decoder"},
                             {"multivariate", "encoder-decoder, 8 inputs"},
                             {"cnn_lstm", "CNN-LSTM"},
                             {"conv_lstm", "ConvLSTM"},
                             {"best", "ridge and a GRU on it", false}};

constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

void print_heading() {
  std::printf("RMSE, kW·min a day        all days         ");
  for (const char* name : weekdays) std::printf("    %s", name);
  std::printf("\n");
}

double print_scores(const Backtest& backtest, const ModelForecasts& model,
                    const std::string& title) {
  const ModelScore all = score_model(backtest, model);
  char sd[20] = "         ";
  if (all.runs > 1) std::snprintf(sd, sizeof sd, " ± %6.3f", all.sd.rmse);
  std::printf("%-26s %7.3f%s", title.c_str(), all.mean.rmse, sd);
  for (int day = 1; day <= days; ++day)
    std::printf(" %6.1f", score_step(backtest, model, day).mean.rmse);
  std::printf("\n");
  std::fflush(stdout);
  return all.mean.rmse;
}

void draw_weeks(const Series& series, const Backtest& backtest, const std::string& title,
                const std::string& folder) {
  std::vector<double> time;
  for (size_t point = 0; point < backtest.points(); ++point)
    time.push_back(
        static_cast<double>(series.frame.time[static_cast<size_t>(backtest.row(point))]));
  Chart chart;
  chart.title = "46 weeks, each forecast from the days before it";
  chart.y_label = "kW·min a day";
  chart.time_axis = true;
  chart.lines = {
      {.name = "real", .y = backtest.actual, .x = time, .role = LineRole::actual},
      {.name = title + ", mean of the seeds", .y = backtest.models.back().mean(), .x = time}};
  job::draw(chart, folder, "weeks");
}

Line weekday_line(const Backtest& backtest, const ModelForecasts& model, const std::string& title) {
  Line line;
  line.name = title;
  for (int day = 1; day <= days; ++day)
    line.y.push_back(score_step(backtest, model, day).mean.rmse);
  return line;
}

void draw_weekdays(Chart chart, const std::string& folder) {
  chart.title = "Error by weekday";
  chart.y_label = "RMSE, kW·min a day";
  for (int day = 0; day < days; ++day) chart.ticks.push_back({double(day), weekdays[day]});
  job::draw(chart, folder, "weekdays");
}

// What all networks leave: rows for `make examples`, lines of the figure.
struct Results {
  std::vector<job::Result> rows;
  Chart weekdays;
};

void run_network(const Part& network, const Frame& frame, const job::Arguments& arguments,
                 Results& results) {
  const std::string path = std::string("examples/household/") + network.recipe + ".yaml";
  std::vector<std::string> settings;
  if (arguments.seeds > 0) settings.push_back("seeds=" + std::to_string(arguments.seeds));
  if (arguments.epochs > 0) settings.push_back("epochs=" + std::to_string(arguments.epochs));
  settings.insert(settings.end(), arguments.settings.begin(), arguments.settings.end());
  const Recipe recipe = read_recipe(path, settings);
  const Series series = make_series(frame, recipe);
  const BacktestPlan plan = plan_backtest(recipe, series);
  const Recipe ready = resolve(recipe, known(series, plan.training_rows())).recipe;
  if (plan.horizon != days)
    fail_config("config.horizon", recipe.where("horizon"),
                "the weeks here have 7 days, not " + std::to_string(plan.horizon),
                "leave the horizon at 7, or take `sluice backtest` for another");
  const double start = job::now();
  const Backtest backtest = run_backtest(series, ready, plan, {});
  const double seconds = job::now() - start;
  const ModelForecasts& said = backtest.models.back();
  job::Result row{.metric = std::string("RMSE, ") + network.title, .scores = {.seconds = seconds}};
  for (const auto& run : said.runs)
    row.scores.values.push_back(score(backtest.actual, run, backtest.scale).rmse);
  if (network.keras) row.peer = {"keras.json", network.recipe, "rmse"};
  if (results.rows.empty()) {
    print_heading();
    const std::vector<ModelForecasts> models = floors(series, backtest);
    for (const ModelForecasts& floor : models)
      row.floors.push_back({floor.name, print_scores(backtest, floor, floor.name)});
    results.weekdays.lines.push_back(weekday_line(backtest, models.back(), models.back().name));
    results.weekdays.lines.back().role = LineRole::baseline;
    draw_weeks(series, backtest, network.title, arguments.out);
  }
  results.rows.push_back(row);
  if (ready.linear_skip == "ridge")
    print_scores(backtest, frozen_ridge(series, plan, ready), "its ridge alone");
  print_scores(backtest, said, network.title);
  results.weekdays.lines.push_back(weekday_line(backtest, said, network.title));
}

void run(const job::Arguments& arguments) {
  const Frame frame = read_days(arguments.data, arguments.out);
  Results results;
  for (const Part& network : networks)
    if (arguments.only.empty() || arguments.only == network.recipe)
      run_network(network, frame, arguments, results);
  draw_weekdays(results.weekdays, arguments.out);
  job::write_results(arguments, results.rows);
}

}  // namespace

int main(int count, char** arguments) {
  job::Job household{"household", "data/household-power-days.csv", run, 0, 0};
  for (const Part& network : networks) household.parts.push_back(network.recipe);
  return job::main_of(household, count, arguments);
}
