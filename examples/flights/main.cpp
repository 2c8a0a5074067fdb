// A two-layer LSTM on the airline passengers as the lecture note trains it, with the scaling fitted
// on all rows (the note's leak) and on the training rows alone, beside rules that need no network.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/data/csv.h"
#include "sluice/data/transform.h"
#include "sluice/data/window.h"
#include "sluice/forecast/baseline.h"
#include "sluice/io/atomic_file.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"
#include "sluice/report/chart.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

constexpr int lookback = 3, first_test = lookback + 112, seeds = 10;

// Trains one network, prints its loss every hundred epochs if `verbose`, and returns a forecast in
// passengers for every month; the first three have none.
Numbers forecast_months(const Numbers& passengers, bool fit_on_all, uint64_t seed, bool verbose) {
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
  options.epochs = 1000;
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

std::string mean_and_sd(const Numbers& values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (double value : values) mean += value / count;
  for (double value : values) squares += std::pow(value - mean, 2);
  char text[40];
  std::snprintf(text, sizeof text, "%6.2f ± %5.2f", mean, std::sqrt(squares / (count - 1)));
  return text;
}

struct NetworkScore {
  std::string row;  // of the table: mean ± sd of the RMSE over the seeds
  Numbers months;   // what the first seed's network forecasts
};

NetworkScore score_network(const Numbers& passengers, bool fit_on_all) {
  const std::string name =
      std::string("LSTM, scaled on ") + (fit_on_all ? "all rows (leaks)" : "training rows");
  std::printf("%s, the first of %d seeds\n", name.c_str(), seeds);
  NetworkScore score;
  Numbers train, test;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const Numbers months = forecast_months(passengers, fit_on_all, seed, seed == 1);
    if (seed == 1) score.months = months;
    train.push_back(rmse(passengers, months, lookback, first_test));
    test.push_back(rmse(passengers, months, first_test, passengers.size()));
  }
  char row[120];
  std::snprintf(row, sizeof row, "%-33s  %s  %s\n", name.c_str(), mean_and_sd(train).c_str(),
                mean_and_sd(test).c_str());
  score.row = row;
  return score;
}

void score_baselines(const Numbers& passengers) {
  for (const Baseline& baseline : baseline_table()) {
    Numbers months(lookback, NAN);
    for (size_t i = lookback; i < passengers.size(); ++i)
      months.push_back(baseline.forecast(std::span(passengers).first(i), 1, 12)[0]);
    std::printf("%-33s  %6.2f          %6.2f\n", baseline.name.c_str(),
                rmse(passengers, months, lookback, first_test),
                rmse(passengers, months, first_test, passengers.size()));
  }
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
  for (const char* ending : {".png", ".svg"}) {
    write_chart(chart, folder + "/flights" + ending);
    std::printf("figure  %s/flights%s\n", folder.c_str(), ending);
  }
}

int run(const std::string& data, const std::string& folder) {
  const Frame frame = read_csv(data);
  const auto column = frame.numbers("passengers", "target");
  const Numbers passengers(column.begin(), column.end());
  make_folder(folder);
  const NetworkScore leaking = score_network(passengers, true);
  const NetworkScore honest = score_network(passengers, false);
  std::printf("\nRMSE, thousands of passengers       train            test\n%s%s",
              leaking.row.c_str(), honest.row.c_str());
  score_baselines(passengers);
  draw(frame, passengers, honest.months, folder);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const bool out = count == 4 && std::string(arguments[2]) == "--out";
  if (count != 2 && !out) {
    std::fprintf(stderr, "usage: example_flights data/flights.csv [--out FOLDER]\n");
    return 3;
  }
  try {
    return run(arguments[1], out ? arguments[3] : "flights");
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code);
  }
}
