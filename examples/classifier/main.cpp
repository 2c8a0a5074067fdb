// A lecture note's convolutions: what Conv1d makes of [1,4,9], the shapes of its classifier, and
// the classifier trained to tell cylinders, bells and funnels (Saito 1994) apart, beside rules that
// need no network.
#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "examples/support/job.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/base/error.h"
#include "sluice/data/columns.h"
#include "sluice/data/csv.h"
#include "sluice/layers/activation.h"
#include "sluice/layers/conv1d.h"
#include "sluice/layers/flatten.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/pool1d.h"
#include "sluice/layers/sequential.h"
#include "sluice/layers/summary.h"
#include "sluice/train/loader.h"
#include "sluice/train/optimizer.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

constexpr int training_rows = 30, batch_size = 10;

// Conv1d(4, 2, 3, stride=2) on [1,4,9], with the weights and numbers of torch.manual_seed(1).
void print_demo() {
  Generator generator(1);
  Conv1d conv({.in_channels = 4, .out_channels = 2, .kernel_size = 3, .stride = 2}, generator);
  Tensor x({1, 4, 9});
  generator.normal(x.values<float>());
  const NoGrad no_grad;
  const Tensor y = transpose(conv.forward(transpose(x, 1, 2)), 1, 2).value();
  std::printf("Conv1d(4, 2, 3, stride 2): %s -> %s, %lld parameters\n",
              x.shape().to_string().c_str(), y.shape().to_string().c_str(),
              static_cast<long long>(conv.parameter_count()));
  for (int channel = 0; channel < 2; ++channel)
    std::printf("channel %d  %7.4f %7.4f %7.4f %7.4f\n", channel, y.item(4 * channel),
                y.item(4 * channel + 1), y.item(4 * channel + 2), y.item(4 * channel + 3));
}

// The note's layers for rows [B,steps,channels], each row by itself: [B,outputs].
Sequential make_model(int channels, int steps, int outputs, Generator& generator) {
  Sequential model;
  for (const int filters : {64, 128}) {
    model.push_back(std::make_unique<Conv1d>(
        Conv1dOptions{.in_channels = channels, .out_channels = filters, .kernel_size = 2},
        generator));
    model.push_back(std::make_unique<Activation>(relu));
    model.push_back(std::make_unique<MaxPool1d>(Pool1dOptions{.kernel_size = 2, .stride = 1}));
    channels = filters;
    steps -= 2;
  }
  model.push_back(std::make_unique<Flatten>(steps));
  model.push_back(std::make_unique<Linear>(
      LinearOptions{.input_size = steps * channels, .output_size = 50}, generator));
  model.push_back(std::make_unique<Activation>(relu));
  model.push_back(
      std::make_unique<Linear>(LinearOptions{.input_size = 50, .output_size = outputs}, generator));
  return model;
}

struct Part {
  std::vector<Numbers> series;
  std::vector<int> classes;
  Dataset data;  // x [n,steps,1], y [n]: the class
};

struct Task {
  std::vector<std::string> names;  // of the classes
  int steps = 0;
  Part train, test;
};

Task read_task(const std::string& path) {
  Frame frame = read_csv(path);
  Task task;
  task.names = frame.column("class", "target").labels;
  std::sort(task.names.begin(), task.names.end());
  frame = label_encode(frame, "class");
  const Numbers classes(frame.numbers("class", "target").begin(),
                        frame.numbers("class", "target").end());
  frame = drop_columns(frame, {"class"});
  task.steps = static_cast<int>(frame.columns.size());
  if (task.steps < 5)
    fail_data("data.too_short", frame.source,
              std::to_string(task.steps) + " numbers a row are too few for the two convolutions",
              "give a column class and at least 5 steps x1, x2, …");
  if (frame.rows() <= training_rows)
    fail_data("data.too_short", frame.source, std::to_string(frame.rows()) + " series are too few",
              "the first 30 are trained on and the others tested: give more than 30");
  for (const Column& column : frame.columns) frame.numbers(column.name, "column");
  for (int64_t row = 0; row < frame.rows(); ++row) {
    Part& part = row < training_rows ? task.train : task.test;
    Numbers series;
    for (const Column& column : frame.columns)
      series.push_back(column.values[static_cast<size_t>(row)]);
    part.series.push_back(series);
    part.classes.push_back(static_cast<int>(classes[static_cast<size_t>(row)]));
  }
  for (Part* part : {&task.train, &task.test}) {
    const auto rows = static_cast<int64_t>(part->series.size());
    part->data = {Tensor({rows, task.steps, 1}), Tensor({rows}), {}};
    float* x = part->data.x.data<float>();
    for (const Numbers& series : part->series) x = std::copy(series.begin(), series.end(), x);
    std::copy(part->classes.begin(), part->classes.end(), part->data.y.data<float>());
  }
  return task;
}

// Of a part, the percentage that a rule names rightly.
template <class Rule>
double accuracy(const Part& part, Rule&& rule) {
  double right = 0;
  for (size_t row = 0; row < part.series.size(); ++row) right += rule(row) == part.classes[row];
  return 100 * right / static_cast<double>(part.series.size());
}

double network_accuracy(Sequential& model, const Part& part) {
  const Tensor logits = predict(model, part.data.x);
  const int64_t count = logits.size(1);
  return accuracy(part, [&](size_t row) {
    const float* first = logits.data<float>() + static_cast<int64_t>(row) * count;
    return static_cast<int>(std::max_element(first, first + count) - first);
  });
}

// Accuracy of both parts after some of the epochs, where wanted.
struct Curves {
  Numbers epoch, train, test;
};

double train_network(const Task& task, uint64_t seed, int epochs, double& seconds, Curves* curves) {
  Generator generator(seed);
  Sequential model = make_model(1, task.steps, static_cast<int>(task.names.size()), generator);
  const auto adam = make_optimizer("adam", Options(), model.parameters());
  const auto loss = make_loss("cross_entropy");
  Loader loader(task.train.data, {.batch_size = batch_size, .shuffle = true}, seed);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const double start = job::now();
    while (loader.next()) {
      adam->zero_grad();
      (*loss)(model.forward(loader.batch().x()), loader.batch().y()).backward();
      adam->step(1e-3);
    }
    seconds += job::now() - start;
    if (curves == nullptr || (epoch >= 10 && epoch % 10 != 9)) continue;
    curves->epoch.push_back(epoch + 1);
    curves->train.push_back(network_accuracy(model, task.train));
    curves->test.push_back(network_accuracy(model, task.test));
  }
  return network_accuracy(model, task.test);
}

double squared_distance(const Numbers& a, const Numbers& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// Which of these is nearest to a series.
size_t nearest(const Numbers& series, const std::vector<Numbers>& others) {
  size_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < others.size(); ++i) {
    const double distance = squared_distance(series, others[i]);
    if (distance < least) least = distance, best = i;
  }
  return best;
}

std::vector<job::Floor> floors(const Task& task) {
  const Part &train = task.train, &test = task.test;
  std::vector<int> count(task.names.size());
  std::vector<Numbers> centroid(task.names.size(), Numbers(static_cast<size_t>(task.steps)));
  for (size_t row = 0; row < train.series.size(); ++row) {
    const auto name = static_cast<size_t>(train.classes[row]);
    ++count[name];
    for (size_t t = 0; t < centroid[name].size(); ++t) centroid[name][t] += train.series[row][t];
  }
  for (size_t name = 0; name < centroid.size(); ++name)
    for (double& value : centroid[name]) value /= std::max(count[name], 1);
  const auto most = std::max_element(count.begin(), count.end()) - count.begin();
  return {
      {"most frequent class", accuracy(test, [&](size_t) { return static_cast<int>(most); })},
      {"nearest centroid",
       accuracy(test,
                [&](size_t row) { return static_cast<int>(nearest(test.series[row], centroid)); })},
      {"nearest neighbour", accuracy(test, [&](size_t row) {
         return train.classes[nearest(test.series[row], train.series)];
       })}};
}

void draw(const Task& task, const Curves& curves, const std::vector<job::Floor>& lines,
          const std::string& folder) {
  Chart series;
  series.title = "The first series of every class";
  series.x_label = "step";
  series.y_label = "value";
  series.whole_x = true;
  for (size_t name = 0; name < task.names.size(); ++name)
    for (size_t row = 0; row < task.train.series.size(); ++row)
      if (task.train.classes[row] == static_cast<int>(name)) {
        series.lines.push_back({.name = task.names[name], .y = task.train.series[row]});
        break;
      }
  job::draw(series, folder, "series");

  Chart chart;
  chart.title = "Series named rightly";
  chart.x_label = "epoch";
  chart.y_label = "accuracy, %";
  chart.whole_x = true;
  chart.lines = {{.name = "network, training part", .y = curves.train, .x = curves.epoch},
                 {.name = "network, test part", .y = curves.test, .x = curves.epoch}};
  for (const job::Floor& line : lines)
    chart.lines.push_back({.name = line.name + ", test part",
                           .y = Numbers(curves.test.size(), line.value),
                           .x = curves.epoch,
                           .style = LineStyle::dashed,
                           .role = LineRole::baseline});
  job::draw(chart, folder, "classifier");
}

void run(const job::Arguments& arguments) {
  print_demo();
  Generator generator(1);
  Sequential note = make_model(15, 24, 1, generator);
  std::printf("\nthe note's classifier, for rows of 24 steps and 15 channels\n%s\n",
              summary(note, {1, 24, 15}).c_str());

  const Task task = read_task(arguments.data);
  std::printf("%s: %zu series to train on, %zu to test, %d steps, %zu classes\n",
              arguments.data.c_str(), task.train.series.size(), task.test.series.size(), task.steps,
              task.names.size());
  job::Scores scores;
  Curves curves;
  for (int seed = 1; seed <= arguments.seeds; ++seed)
    scores.values.push_back(train_network(task, static_cast<uint64_t>(seed), arguments.epochs,
                                          scores.seconds, seed == 1 ? &curves : nullptr));
  const std::vector<job::Floor> lines = floors(task);
  std::printf("\naccuracy, %%          of %zu series\nnetwork             %s\n",
              task.test.series.size(), job::mean_and_sd(scores.values).c_str());
  for (const job::Floor& line : lines) std::printf("%-19s %8.3f\n", line.name.c_str(), line.value);
  draw(task, curves, lines, arguments.out);
  job::write_results(
      arguments,
      {{"accuracy, %", scores, lines, {"torch.json", job::file_name(arguments.data), "accuracy"}}});
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of({.name = "classifier", .data = "cbf.csv", .run = run, .epochs = 60}, count,
                      arguments);
}
