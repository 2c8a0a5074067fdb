// The optimizers beside each other on the adding problem: an LSTM of eight units, each optimizer at
// the best of seven learning rates.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "experiments/adding_problem.h"
#include "sluice/report/chart.h"

using namespace sluice::experiment;

namespace {

constexpr int64_t steps = 50;
constexpr int points = 12;            // of a curve
constexpr uint64_t trial_seed = 500;  // of the runs by which a learning rate is chosen
constexpr double rates[] = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1};

struct Contestant {
  std::string name, optimizer;
  std::vector<std::pair<std::string, std::string>> options = {};
};

const std::vector<Contestant>& contestants() {
  static const std::vector<Contestant> all = {
      {"sgd", "sgd"},
      {"momentum", "sgd", {{"momentum", "0.9"}}},
      {"nesterov", "sgd", {{"momentum", "0.9"}, {"nesterov", "true"}}},
      {"adagrad", "adagrad"},
      {"adadelta", "adadelta"},
      {"rmsprop", "rmsprop"},
      {"keras rmsprop", "rmsprop", {{"convention", "keras"}}},
      {"adam", "adam"},
      {"amsgrad", "adam", {{"amsgrad", "true"}}},
      {"adamw", "adamw"},
      {"nadam", "nadam"},
      {"rprop", "rprop"}};
  return all;
}

Run run_one(const Contestant& who, double learning_rate, int updates, uint64_t seed) {
  Protocol protocol{.updates = updates, .learning_rate = learning_rate, .optimizer = who.optimizer};
  for (const auto& [key, value] : who.options) protocol.optimizer_options.set(key, value);
  return run_adding(
      {.cell = "lstm", .input_size = 2, .hidden_size = 8, .outputs = sluice::Outputs::last}, {},
      protocol, steps, seed);
}

// The rate whose loss in the last tenth is least, on seeds of their own; a run may diverge.
double best_rate(const Contestant& who, int updates, uint64_t trials) {
  double best = rates[0], least = INFINITY;
  for (double rate : rates) {
    double loss = 0;
    for (uint64_t seed = trial_seed; seed < trial_seed + trials; ++seed)
      loss += run_one(who, rate, updates, seed).last_loss;
    if (loss < least) least = loss, best = rate;
  }
  return best;
}

// Mean loss over the seeds in each of the equal parts of the updates.
struct Curve {
  std::string name;
  std::vector<double> losses = std::vector<double>(points, 0.0);
};

void add_run(Curve& curve, const Run& run, int seeds) {
  const size_t part = run.losses.size() / points;
  for (size_t i = 0; i < part * points; ++i)
    curve.losses[i / part] +=
        run.losses[i] / static_cast<double>(part * static_cast<size_t>(seeds));
}

void print_curves(const std::vector<Curve>& curves, int updates) {
  std::printf("\nMean training loss up to the update\n%-14s", "");
  for (int i = 1; i <= points; ++i) std::printf("%8d", updates / points * i);
  for (const Curve& curve : curves) {
    std::printf("\n%-14s", curve.name.c_str());
    for (double loss : curve.losses) std::printf("%8.4f", loss);
  }
  std::printf("\n");
}

void draw_curves(const std::vector<Curve>& curves, int updates, const std::string& path) {
  sluice::Chart chart;
  chart.title = "Adding problem, 50 steps: optimizers";
  chart.x_label = "updates";
  chart.y_label = "training loss";
  chart.logarithmic = true;
  for (const Curve& curve : curves) {
    sluice::Line line{.name = curve.name, .y = curve.losses};
    for (int i = 1; i <= points; ++i) line.x.push_back(updates / points * i);
    if (chart.lines.size() >= 6) line.style = sluice::LineStyle::dashed;
    chart.lines.push_back(line);
  }
  sluice::write_chart(chart, path);
}

bool run(const CommandLine& command_line) {
  const int updates = command_line.updates ? command_line.updates : 3000;
  const auto& wanted = command_line.cells;
  Table table{.title = "Optimizers on the adding problem, 50 steps",
              .columns = {{"test MSE", 4}, {"|error| < 0.04", 3}},
              .rows = {},
              .floors = adding_floors(steps)};
  std::vector<Curve> curves;
  for (const Contestant& who : contestants())
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), who.name) != wanted.end())
      curves.push_back({who.name});
  size_t next = 0;
  for (const Contestant& who : contestants()) {
    if (next == curves.size() || curves[next].name != who.name) continue;
    const double rate = best_rate(who, updates, command_line.updates ? 1 : 2);
    std::printf("%-14s learning rate %g\n", who.name.c_str(), rate);
    table.rows.push_back({who.name, "", [=, &curve = curves[next++]](uint64_t seed) {
                            const Run one = run_one(who, rate, updates, seed);
                            add_run(curve, one, command_line.seeds);
                            return one;
                          }});
  }
  const bool learnt = print_table(table, command_line);
  print_curves(curves, updates);
  if (!command_line.picture.empty()) draw_curves(curves, updates, command_line.picture);
  return learnt;
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
