// Daily trips during an epidemic, as the travel notebook trains them in Keras: two LSTM(256, relu),
// MAE, 200 full-batch epochs, the last 31 days as test and as validation; scaled on all rows (the
// notebook's leak) and on the training rows alone, beside rules that need no network.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "examples/support/job.h"
#include "sluice/base/error.h"
#include "sluice/data/columns.h"
#include "sluice/data/csv.h"
#include "sluice/data/transform.h"
#include "sluice/forecast/baseline.h"
#include "sluice/forecast/metric.h"
#include "sluice/forecast/ridge.h"
#include "sluice/layers/dropout.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

constexpr int lags = 5, features = 3, test_days = 31;

// Num, ConfirmedCount and DateType (as 0, 1, 2), one row a day.
Frame read_days(const std::string& path) {
  Frame frame = read_csv(path);
  frame = drop_column_numbers(frame, {1, 3, 4, 5});  // current, suspected, cured, dead
  frame = drop_columns(frame, {"DiffConfirmedCount"});
  frame = label_encode(frame, "DateType");
  for (const char* name : {"Num", "ConfirmedCount"}) frame.numbers(name, "column");
  if (frame.rows() <= lags + test_days)
    fail_data("data.too_short", frame.source,
              std::to_string(frame.rows()) + " days are too few for windows of 5 and a test of 31",
              "give at least 37, and better some hundreds");
  return frame;
}

struct Job {
  Dataset train, test;               // x [n,5,3], y [n,1]
  std::unique_ptr<Transform> scale;  // of the trips
  Frame windows;                     // var1(t-5) … var3(t-1), var1(t)
};

Dataset dataset(const Frame& windows, int64_t begin, int64_t end) {
  Dataset data;
  data.x = Tensor({end - begin, lags, features});
  data.y = Tensor({end - begin, 1});
  for (int64_t row = begin; row < end; ++row)
    for (int64_t i = 0; i <= lags * features; ++i) {
      const double value = windows.columns[static_cast<size_t>(i)].values[static_cast<size_t>(row)];
      float& place = i < lags * features ? data.x.data<float>()[(row - begin) * lags * features + i]
                                         : data.y.data<float>()[row - begin];
      place = static_cast<float>(value);
    }
  return data;
}

Job prepare(Frame days, bool fit_on_all) {
  const auto fitted = static_cast<size_t>(days.rows() - (fit_on_all ? 0 : test_days));
  Job job;
  for (size_t i = days.columns.size(); i-- > 0;) {  // the last one left is that of the trips
    auto& values = days.columns[i].values;
    job.scale = make_transform("minmax", {});
    job.scale->fit(std::span(values).first(fitted), {days.source, days.columns[i].name, {}});
    job.scale->apply(values, {});
  }
  job.windows = drop_columns(series_to_supervised(days, lags), {"var2(t)", "var3(t)"});
  const int64_t rows = job.windows.rows(), train_rows = rows - test_days;
  job.train = dataset(job.windows, 0, train_rows);
  job.test = dataset(job.windows, train_rows, rows);
  return job;
}

Sequential make_model(Generator& generator) {
  RecurrentOptions lstm{.cell = "lstm", .hidden_size = 256, .batch_first = true, .biases = 1};
  lstm.initialization = "keras";
  lstm.switches.activation = lstm.switches.output_activation = CellSwitches::Activation::relu;
  Sequential model;
  for (const bool first : {true, false}) {
    lstm.input_size = first ? features : 256;
    lstm.outputs = first ? Outputs::all : Outputs::last;
    model.push_back(std::make_unique<Recurrent>(lstm, generator));
    model.push_back(std::make_unique<Dropout>(0.2));
  }
  for (const int size : {16, 1}) {
    const LinearOptions dense{size == 16 ? 256 : 16, size, true, "keras"};
    model.push_back(std::make_unique<Linear>(dense, generator));
    if (size == 16) model.push_back(std::make_unique<Dropout>(0.2));
  }
  return model;
}

Numbers numbers(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

// Keras' metrics=[r2] and validation_data: R² of both parts after every epoch.
class R2 : public Callback {
 public:
  R2(Module& model, const Job& job) : model_(model), job_(job) {}
  bool on_epoch_end(Trainer&, const TrainProgress&) override {
    train.push_back(r2(job_.train));
    test.push_back(r2(job_.test));
    return true;
  }
  Numbers train, test;

 private:
  double r2(const Dataset& data) const {
    return score(numbers(data.y), numbers(predict(model_, data.x)), 1).r2;
  }
  Module& model_;
  const Job& job_;
};

void draw_history(const History& history, const R2& r2, const std::string& folder) {
  Chart chart;
  chart.title = "Mean absolute error, scaled";
  chart.x_label = "epoch";
  chart.whole_x = chart.from_zero = true;
  chart.lines = {{.name = "loss", .y = history.loss}, {.name = "val_loss", .y = history.val_loss}};
  job::draw(chart, folder, "history");
  chart.title = "R², from −1 up";
  chart.from_zero = false;
  // The first epochs are at −20 and below: with them nothing else could be seen.
  const auto shown = [](Numbers values) {
    for (double& value : values)
      if (value < -1) value = NAN;
    return values;
  };
  chart.lines = {{.name = "r2", .y = shown(r2.train)}, {.name = "val_r2", .y = shown(r2.test)}};
  job::draw(chart, folder, "r2");
}

void draw_test(const Frame& days, const Numbers& real, const Numbers& predicted,
               const std::string& folder) {
  const Numbers time(days.time.end() - test_days, days.time.end());
  Chart chart;
  chart.title = "The last 31 days";
  chart.y_label = "trips a day";
  chart.time_axis = true;
  chart.lines = {{.name = "real", .y = real, .x = time, .role = LineRole::actual},
                 {.name = "predicted", .y = predicted, .x = time}};
  job::draw(chart, folder, "travel");
}

// Trains from every seed; RMSE and R² in trips a day. The first seed's figures are drawn.
std::pair<job::Scores, Numbers> train_seeds(const Frame& days, bool fit_on_all,
                                            const job::Arguments& arguments) {
  const Job job = prepare(days, fit_on_all);
  const Numbers trips = days.columns[0].values;
  const Numbers real(trips.end() - test_days, trips.end());
  std::pair<job::Scores, Numbers> scores;
  for (int seed = 1; seed <= arguments.seeds; ++seed) {
    Generator generator(static_cast<uint64_t>(seed));
    Sequential model = make_model(generator);
    TrainOptions options;
    options.epochs = arguments.epochs;
    options.batch_size = 0;
    options.shuffle = false;
    options.seed = static_cast<uint64_t>(seed);
    options.loss = "mae";
    options.optimizer_options.set("convention", "keras");
    options.verbose = seed == 1 ? arguments.verbose : 0;
    options.output = [](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stdout);
    };
    R2 r2(model, job);
    Callback* callbacks[] = {&r2};
    const double start = job::now();
    const History history = seed == 1 ? fit(model, job.train, &job.test, options, callbacks)
                                      : fit(model, job.train, &job.test, options);
    scores.first.seconds += job::now() - start;
    Numbers predicted = numbers(predict(model, job.test.x));
    job.scale->invert(trips, predicted);
    const Metrics metrics = score(real, predicted, 1);
    scores.first.values.push_back(metrics.rmse);
    scores.second.push_back(metrics.r2);
    if (seed > 1 || fit_on_all) continue;
    draw_history(history, r2, arguments.out);
    draw_test(days, real, predicted, arguments.out);
  }
  return scores;
}

// Least squares on the 15 numbers of a window.
Numbers least_squares(const Frame& days) {
  const Frame windows = prepare(days, false).windows;
  Matrix x{0, lags * features, {}}, y{0, 1, {}};
  const auto test_begin = static_cast<size_t>(windows.rows() - test_days);
  Numbers result;
  LinearModel model;
  for (size_t row = 0; row < static_cast<size_t>(windows.rows()); ++row) {
    Numbers inputs;
    for (int i = 0; i < lags * features; ++i)
      inputs.push_back(windows.columns[static_cast<size_t>(i)].values[row]);
    if (row == test_begin) model = RidgeProblem(x, y).solve(1e-6);
    if (row >= test_begin) {
      result.push_back(model.predict(inputs)[0]);
      continue;
    }
    x.values.insert(x.values.end(), inputs.begin(), inputs.end());
    y.values.push_back(windows.columns.back().values[row]);
    ++x.rows, ++y.rows;
  }
  const Numbers trips = days.columns[0].values;
  prepare(days, false).scale->invert(trips, result);
  return result;
}

// The rule for each of the last days, from the days before it.
template <class Rule>
Numbers by_rule(const Numbers& trips, Rule&& rule) {
  Numbers result;
  for (size_t day = trips.size() - test_days; day < trips.size(); ++day)
    result.push_back(rule(day));
  return result;
}

std::vector<job::Floor> print_floors(const Frame& days) {
  const Numbers &trips = days.columns[0].values, &kind = days.find("DateType")->values;
  const Numbers real(trips.end() - test_days, trips.end());
  std::vector<job::Floor> floors;
  const auto print = [&](const std::string& name, const Numbers& predicted) {
    const Metrics metrics = score(real, predicted, 1);
    std::printf("%-36s  %8.1f               %6.3f\n", name.c_str(), metrics.rmse, metrics.r2);
    floors.push_back({name, metrics.rmse});
  };
  for (const Baseline& baseline : baseline_table())
    if (baseline.name != "mean")
      print(baseline.name, by_rule(trips, [&](size_t day) {
              return baseline.forecast(std::span(trips).first(day), 1, 7)[0];
            }));
  print("mean of 5 days", by_rule(trips, [&](size_t day) {
          double sum = 0;
          for (size_t lag = 1; lag <= lags; ++lag) sum += trips[day - lag] / lags;
          return sum;
        }));
  print("least squares on the 15 inputs", least_squares(days));
  print("last day of the same kind", by_rule(trips, [&](size_t day) {
          size_t before = day - 1;
          while (before > 0 && kind[before] != kind[day]) --before;
          return trips[before];
        }));
  return floors;
}

void run(const job::Arguments& arguments) {
  const Frame days = read_days(arguments.data);
  const auto leaking = train_seeds(days, true, arguments);
  const auto honest = train_seeds(days, false, arguments);
  std::printf("\nthe last 31 days                      RMSE, trips a day      R2\n");
  for (const auto& [name, scores] : {std::pair{"LSTM, scaled on all rows (leaks)", &leaking},
                                     {"LSTM, scaled on training rows", &honest}})
    std::printf("%-36s %s  %s\n", name, job::mean_and_sd(scores->first.values).c_str(),
                job::mean_and_sd(scores->second).c_str());
  const std::vector<job::Floor> floors = print_floors(days);
  const std::string file = job::file_name(arguments.data);
  job::write_results(
      arguments,
      {{"RMSE, scaled on all rows", leaking.first, {}, {"keras.json", file + " all rows", "rmse"}},
       {"RMSE, scaled on training rows",
        honest.first,
        floors,
        {"keras.json", file + " training rows", "rmse"}}});
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of(
      {.name = "travel", .data = "examples/travel/twin.csv", .run = run, .epochs = 200}, count,
      arguments);
}
