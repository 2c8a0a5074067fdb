// What the size of a batch does: an LSTM of 64 units reads MNIST row by row, from one digit an
// update to all of them, by epochs and by time.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <span>

#include "experiments/mnist.h"
#include "experiments/training.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/report/chart.h"
#include "sluice/train/batch.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

constexpr int hidden_size = 64, epochs = 5;
constexpr double learning_rate = 1e-3;
constexpr int64_t at_once = 4096;  // rows of one pass; larger batches add up the passes' gradients
constexpr int points = 10;         // of the first epoch's curve; later epochs give one each

// Mean training loss since the point before; of several seeds, the mean of each point.
struct Curve {
  std::string name;
  std::vector<double> epoch = {}, seconds = {}, loss = {};
  int runs = 0;

  void add(const Curve& run) {
    ++runs;
    epoch = run.epoch;
    seconds.resize(run.seconds.size());
    loss.resize(run.loss.size());
    for (size_t i = 0; i < loss.size(); ++i) {
      seconds[i] += (run.seconds[i] - seconds[i]) / runs;
      loss[i] += (run.loss[i] - loss[i]) / runs;
    }
  }
};

// One update; the mean loss of its rows before it.
double update(Module& model, Optimizer& optimizer, const Dataset& data,
              std::span<const int64_t> rows) {
  static const auto loss = make_loss("cross_entropy");
  optimizer.zero_grad();
  double total = 0;
  Batch batch;
  for (size_t begin = 0; begin < rows.size(); begin += at_once) {
    const auto part = rows.subspan(begin, std::min<size_t>(at_once, rows.size() - begin));
    batch.gather(data, part);
    const double share = static_cast<double>(part.size()) / static_cast<double>(rows.size());
    const Variable cost = (*loss)(model.forward(batch.x()), batch.y()) * share;
    cost.backward();
    total += cost.value().item();
  }
  optimizer.step(learning_rate);
  return total;
}

Curve train_model(Module& model, const Dataset& data, int64_t size, int passes,
                  Generator& generator) {
  const auto optimizer = make_optimizer("adam", Options(), model.parameters());
  std::vector<int64_t> order(static_cast<size_t>(data.size()));
  Curve curve;
  const std::clock_t start = std::clock();
  for (int epoch = 0; epoch < passes; ++epoch) {
    generator.permutation(order);
    const int64_t piece = epoch == 0 ? std::max<int64_t>(1, data.size() / points) : data.size();
    double sum = 0;
    int64_t counted = 0, next = piece;
    for (int64_t begin = 0; begin < data.size(); begin += size) {
      const int64_t count = std::min(size, data.size() - begin);
      sum +=
          update(model, *optimizer, data,
                 std::span(order).subspan(static_cast<size_t>(begin), static_cast<size_t>(count))) *
          static_cast<double>(count);
      counted += count;
      if (begin + count < std::min(next, data.size())) continue;
      curve.epoch.push_back(epoch +
                            static_cast<double>(begin + count) / static_cast<double>(data.size()));
      curve.seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
      curve.loss.push_back(sum / static_cast<double>(counted));
      sum = 0, counted = 0;
      while (next <= begin + count) next += piece;
    }
  }
  return curve;
}

Run run_size(const Digits& digits, int64_t size, int passes, uint64_t seed, Curve& curve) {
  Generator generator(seed);
  Sequential model = make_model({.cell = "lstm",
                                 .input_size = static_cast<int>(digits.train.x.size(2)),
                                 .hidden_size = hidden_size,
                                 .outputs = Outputs::last,
                                 .initialization = "keras"},
                                10);
  draw_weights(model, find_cell("lstm").info, {}, generator);
  const Curve own = train_model(model, digits.train, size, passes, generator);
  curve.add(own);
  return {{percent_right(predict(model, digits.test.x), digits.test.y), own.loss.back()},
          model.parameter_count(),
          own.loss.front(),
          own.loss.back()};
}

// FILE.svg becomes FILE-epochs.svg and FILE-seconds.svg.
void draw_curves(const std::vector<Curve>& curves, const std::string& path) {
  const std::filesystem::path file(path);
  for (const char* axis : {"epochs", "seconds"}) {
    const bool by_epoch = axis == std::string("epochs");
    Chart chart;
    chart.title = "Batch sizes: MNIST row by row, LSTM of 64 units";
    chart.x_label = by_epoch ? "epochs" : "processor seconds";
    chart.y_label = "training loss";
    chart.logarithmic = true;
    for (const Curve& curve : curves)
      chart.lines.push_back(
          {.name = curve.name, .y = curve.loss, .x = by_epoch ? curve.epoch : curve.seconds});
    write_chart(chart, (file.parent_path() / (file.stem().string() + "-" + axis)).string() +
                           file.extension().string());
  }
}

bool run(const CommandLine& command_line) {
  const Digits digits = read_mnist(command_line.data);
  std::vector<Curve> curves;
  std::vector<int64_t> sizes;
  for (const int64_t size :
       {int64_t{1}, int64_t{8}, int64_t{64}, int64_t{512}, int64_t{4096}, digits.train.size()})
    if (sizes.empty() || size <= digits.train.size()) {
      sizes.push_back(size);
      curves.push_back({.name = size == digits.train.size() ? "all" : std::to_string(size)});
    }
  Table table{.title = "Batch sizes: MNIST row by row, LSTM of 64 units, Adam at 0.001",
              .columns = {{"test, % right", 2}, {"training loss", 4}},
              .rows = {},
              .floors = mnist_floors(digits)};
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int passes = command_line.updates ? command_line.updates : sizes[i] == 1 ? 1 : epochs;
    table.rows.push_back({curves[i].name, "", [&, i, passes](uint64_t seed) {
                            return run_size(digits, sizes[i], passes, seed, curves[i]);
                          }});
  }
  const bool learnt = print_table(table, command_line);
  if (!command_line.picture.empty()) draw_curves(curves, command_line.picture);
  return learnt;
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
