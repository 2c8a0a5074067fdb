// A two-layer LSTM on the airline passengers as the lecture note trains it, with the scaling fitted
// on all rows (the note's leak) and on the training rows alone, beside rules that need no network.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "examples/support/job.h"
#include "sluice/base/error.h"
#include "sluice/data/csv.h"
#include "sluice/data/transform.h"
#include "sluice/data/window.h"
#include "sluice/forecast/baseline.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

constexpr int lookback = 3, first_test = lookback + 112;

// Trains one network, prints its loss every hundred epochs if `verbose`, and returns a forecast in
// passengers for every month; the first three have none.
Numbers forecast_months(const Numbers& passengers, bool fit_on_all, uint64_t seed, int epochs,
                        bool verbose) {
  const auto scale = make_transform("minmax", {});
  scale->fit(std::span(passengers).first(fit_on_all ? passengers.size() : first_test), {});
  Numbers scaled = passengers;
  scale->apply(scaled, {});

  // The whole series is one sequence, three months to a step: x [1,141,3], y [1,141,1].
  WindowSource source;
  source.target.values = scaled;
  WindowOptions window{.lookback = lookback, .lookback_as_features = true, .whole_series = true};
  const WindowSet all = make_windows(source, window);
  window.target_end = first_test;
  const WindowSet train = make_windows(source, window);

  Generator generator(seed);
  const RecurrentOptions lstm{
      .cell = "lstm", .input_size = 3, .hidden_size = 6, .num_layers = 2, .batch_first = true};
  const LinearOptions linear{.input_size = 6, .output_size = 1};
  Sequential model;
  model.push_back(std::make_unique<Recurrent>(lstm, generator));
  model.push_back(std::make_unique<Linear>(linear, generator));
  TrainOptions options;
  options.epochs = epochs;
  options.learning_rate = 0.1;
  const History history = fit(model, {train.x, train.y, {}}, nullptr, options);
  for (size_t epoch = 100; verbose && epoch <= history.loss.size(); epoch += 100)
    std::printf("epoch %4zu  loss %.5f\n", epoch, history.loss[epoch - 1]);

  // One pass over all months: the state flows from the training part into the test part.
  const Tensor predicted = predict(model, all.x);
  Numbers months(lookback, NAN);
  for (int i = 0; i < predicted.numel(); ++i) {
    months.push_back(predicted.item(i));
    scale->invert(std::span(passengers).first(lookback + i), std::span(months).last(1));
  }
  return months;
}

// √mean(e²) over the months [begin, end) that have a forecast.
double rmse(const Numbers& actual, const Numbers& forecast, size_t begin, size_t end) {
  double sum = 0, count = 0;
  for (size_t i = begin; i < end; ++i) {
    if (std::isnan(forecast[i])) continue;
    sum += std::pow(forecast[i] - actual[i], 2);
    ++count;
  }
  return std::sqrt(sum / count);
}

struct NetworkScores {
  Numbers train;  // RMSE of every seed
  job::Scores test;
  Numbers months;  // what the first seed's network forecasts
};

NetworkScores score_network(const Numbers& passengers, bool fit_on_all,
                            const job::Arguments& arguments) {
  std::printf("LSTM, scaled on %s, the first of %d seeds\n",
              fit_on_all ? "all rows (leaks)" : "training rows", arguments.seeds);
  NetworkScores scores;
  const double start = job::now();
  for (int seed = 1; seed <= arguments.seeds; ++seed) {
    const Numbers months = forecast_months(passengers, fit_on_all, static_cast<uint64_t>(seed),
                                           arguments.epochs, seed == 1);
    if (seed == 1) scores.months = months;
    scores.train.push_back(rmse(passengers, months, lookback, first_test));
    scores.test.values.push_back(rmse(passengers, months, first_test, passengers.size()));
  }
  scores.test.seconds = job::now() - start;
  return scores;
}

std::vector<job::Floor> print_floors(const Numbers& passengers) {
  std::vector<job::Floor> floors;
  for (const Baseline& baseline : baseline_table()) {
    Numbers months(lookback, NAN);
    for (size_t i = lookback; i < passengers.size(); ++i)
      months.push_back(baseline.forecast(std::span(passengers).first(i), 1, 12)[0]);
    floors.push_back({baseline.name, rmse(passengers, months, first_test, passengers.size())});
    std::printf("%-33s  %8.2f            %8.2f\n", baseline.name.c_str(),
                rmse(passengers, months, lookback, first_test), floors.back().value);
  }
  return floors;
}

void draw(const Frame& frame, const Numbers& passengers, const Numbers& months,
          const std::string& folder) {
  const Numbers time(frame.time.begin(), frame.time.end());
  Numbers fitted = months, forecast = months;
  for (size_t i = 0; i < months.size(); ++i) (i < first_test ? forecast : fitted)[i] = NAN;
  Chart chart;
  chart.title = "航班乘客数";
  chart.x_label = "月份";
  chart.y_label = "乘客数（千人）";
  chart.lines = {{.name = "真实", .y = passengers, .x = time, .role = LineRole::actual},
                 {.name = "拟合（训练集）", .y = fitted, .x = time},
                 {.name = "预测（测试集）", .y = forecast, .x = time}};
  chart.marks = {{.x = time[first_test], .label = "测试集开始"}};
  chart.time_axis = true;
  job::draw(chart, folder, "flights");
}

void run(const job::Arguments& arguments) {
  const Frame frame = read_csv(arguments.data);
  const auto column = frame.numbers("passengers", "target");
  const Numbers passengers(column.begin(), column.end());
  if (passengers.size() <= first_test)
    fail_data("data.too_short", frame.source,
              std::to_string(passengers.size()) + " months are too few: 115 are trained on",
              "give more, the others are the test");
  if (frame.time.empty())
    fail_data("data.time", frame.source, "its rows have no dates", "name columns year and month");
  const NetworkScores leaking = score_network(passengers, true, arguments);
  const NetworkScores honest = score_network(passengers, false, arguments);
  std::printf("\nRMSE, thousands of passengers           train                test\n");
  for (const auto& [name, scores] : {std::pair{"LSTM, scaled on all rows (leaks)", &leaking},
                                     {"LSTM, scaled on training rows", &honest}})
    std::printf("%-33s  %s  %s\n", name, job::mean_and_sd(scores->train).c_str(),
                job::mean_and_sd(scores->test.values).c_str());
  const std::vector<job::Floor> floors = print_floors(passengers);
  draw(frame, passengers, honest.months, arguments.out);
  const std::string entry = job::file_name(arguments.data) + ", scaled on ";
  job::write_results(
      arguments,
      {{"RMSE, scaled on all rows", leaking.test, {}, {"torch.json", entry + "all rows", "rmse"}},
       {"RMSE, scaled on training rows",
        honest.test,
        floors,
        {"torch.json", entry + "training rows", "rmse"}}});
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of(
      {.name = "flights", .data = "data/flights.csv", .run = run, .seeds = 10, .epochs = 1000},
      count, arguments);
}
