// Thirty days of a share index in, the next one out, as the survey note cuts its windows: newest
// first, batches of 60 from a loader. Trained on in that order, and in the order of time.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "examples/support/job.h"
#include "sluice/base/error.h"
#include "sluice/data/csv.h"
#include "sluice/data/transform.h"
#include "sluice/data/window.h"
#include "sluice/forecast/metric.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/loader.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

constexpr int lookback = 30, batch_size = 60, training_values = 2046;
constexpr size_t days_in_time = 500;  // tested in the order of time

// The daily highs from the given day back, newest first as in the file.
struct Highs {
  Numbers values, time;
};
Highs read_highs(const std::string& path) {
  const Frame frame = read_csv(path);
  const auto high = frame.numbers("high", "target");
  if (frame.time.empty())
    fail_data("data.time", frame.source, "its rows have no dates", "name a column datetime");
  const Timestamp newest = timestamp({.year = 2020, .month = 6, .day = 24});
  Highs highs;
  for (size_t row = 0; row < high.size(); ++row) {
    if (frame.time[row] > newest) continue;
    highs.values.push_back(high[row]);
    highs.time.push_back(static_cast<double>(frame.time[row]));
  }
  if (highs.values.size() < training_values + 2)
    fail_data("data.too_short", frame.source,
              std::to_string(highs.values.size()) + " rows up to 2020-06-24 are too few",
              "more than " + std::to_string(training_values + 1) + " are needed: 2046 to train on");
  return highs;
}

WindowSet windows_of(const Numbers& values, int64_t target_begin, int64_t target_end,
                     bool relative) {
  WindowSource source;
  source.target = {values, relative};
  WindowOptions options{.lookback = lookback};
  options.target_begin = target_begin;
  options.target_end = target_end;
  return make_windows(source, options);
}

// What the note prints: the first window, the shapes, the first batch, and how an epoch ends.
void print_batches(const Numbers& highs) {
  const WindowSet train = windows_of(highs, 0, training_values, false);
  const float *x = train.x.data<float>(), *y = train.y.data<float>();
  std::printf("window 0     %.2f %.2f %.2f %.2f … %.2f %.2f %.2f -> %.2f\n", x[0], x[1], x[2], x[3],
              x[27], x[28], x[29], y[0]);
  std::printf("window %lld  … %.2f\n", static_cast<long long>(train.size() - 1),
              y[train.size() - 1]);
  for (const bool drop_last : {false, true}) {
    Loader loader({train.x, train.y, {}}, {.batch_size = batch_size, .drop_last = drop_last});
    int64_t rows = 0;
    while (loader.next()) {
      rows = loader.batch().x().size(0);
      if (drop_last || loader.rows()[0] != 0) continue;
      const float* first = loader.batch().y().data<float>();
      std::printf("first batch  x %s  y %s: %.2f %.2f %.2f %.2f %.2f … %.2f %.2f\n",
                  loader.batch().x().shape().to_string().c_str(),
                  loader.batch().y().shape().to_string().c_str(), first[0], first[1], first[2],
                  first[3], first[4], first[58], first[59]);
    }
    std::printf("%lld batches, the last of %lld%s\n", static_cast<long long>(loader.size()),
                static_cast<long long>(rows), drop_last ? " (drop_last)" : "");
  }
}

// GRU(8) and Linear on windows less their last value, in standard deviations of the training part:
// the note names no network, this is the recipes' default. Forecasts of the test days.
Numbers forecast_test(const Numbers& values, size_t training, uint64_t seed, int epochs) {
  const auto scale = make_transform("standard", {});
  scale->fit(std::span(values).first(training), {});
  Numbers scaled = values;
  scale->apply(scaled, {});
  const auto border = static_cast<int64_t>(training);
  const WindowSet train = windows_of(scaled, 0, border, true);
  const WindowSet test = windows_of(scaled, border, -1, true);

  Generator generator(seed);
  RecurrentOptions gru{.cell = "gru", .input_size = 1, .hidden_size = 8, .batch_first = true};
  gru.outputs = Outputs::last;
  Sequential model;  // one by one: the order of a constructor's arguments is not given
  model.push_back(std::make_unique<Recurrent>(gru, generator));
  model.push_back(std::make_unique<Linear>(LinearOptions{.input_size = 8}, generator));
  TrainOptions options;
  options.epochs = epochs;
  options.batch_size = batch_size;
  options.seed = seed;
  fit(model, {train.x, train.y, {}}, nullptr, options);

  const Tensor predicted = predict(model, test.x);
  Numbers result;
  for (int64_t i = 0; i < test.size(); ++i)
    result.push_back(predicted.item(i) + test.base[static_cast<size_t>(i)]);
  scale->invert(values, result);
  return result;
}

struct Test {
  job::Scores network;
  Metrics naive;
  Numbers forecast;  // of the first seed
};

Test run_test(const Numbers& values, size_t training, const job::Arguments& arguments) {
  const std::span<const double> actual = std::span(values).subspan(training);
  Test test;
  test.naive = score(actual, std::span(values).subspan(training - 1, actual.size()), 1);
  const double start = job::now();
  for (int seed = 1; seed <= arguments.seeds; ++seed) {
    const Numbers forecast =
        forecast_test(values, training, static_cast<uint64_t>(seed), arguments.epochs);
    test.network.values.push_back(score(actual, forecast, 1).rmse);
    if (seed == 1) test.forecast = forecast;
  }
  test.network.seconds = job::now() - start;
  return test;
}

void draw(const Highs& highs, const Numbers& forecast, const std::string& folder) {
  const Numbers time(highs.time.end() - days_in_time, highs.time.end());
  const Numbers real(highs.values.end() - days_in_time, highs.values.end());
  Chart chart;
  chart.title = "High of the next day";
  chart.y_label = "index points";
  chart.time_axis = true;
  chart.lines = {{.name = "real", .y = real, .x = time, .role = LineRole::actual},
                 {.name = "GRU", .y = forecast, .x = time}};
  job::draw(chart, folder, "csi300");
}

void run(const job::Arguments& arguments) {
  Highs highs = read_highs(arguments.data);
  print_batches(highs.values);
  const Test backwards = run_test(highs.values, training_values, arguments);
  std::reverse(highs.values.begin(), highs.values.end());
  std::reverse(highs.time.begin(), highs.time.end());
  const Test forwards = run_test(highs.values, highs.values.size() - days_in_time, arguments);
  std::printf(
      "\nRMSE in points, the test days             GRU                  naive  MAE, MAPE\n");
  for (const auto& [name, test] : {std::pair{"newest first: the past from the future", &backwards},
                                   {"in the order of time", &forwards}})
    std::printf("%-39s %s  %8.2f  %.2f, %.3f %%\n", name,
                job::mean_and_sd(test->network.values).c_str(), test->naive.rmse, test->naive.mae,
                test->naive.mape);
  draw(highs, forwards.forecast, arguments.out);
  const std::string file = job::file_name(arguments.data);
  job::write_results(arguments, {{"RMSE, newest first",
                                  backwards.network,
                                  {{"naive", backwards.naive.rmse}},
                                  {"torch.json", file + ", newest first", "rmse"}},
                                 {"RMSE, in the order of time",
                                  forwards.network,
                                  {{"naive", forwards.naive.rmse}},
                                  {"torch.json", file + ", in the order of time", "rmse"}}});
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of({.name = "csi300", .data = "twin.csv", .run = run, .epochs = 10}, count,
                      arguments);
}
