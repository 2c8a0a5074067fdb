// Learns cos t from sin t with an LSTM, saves the weights, loads them elsewhere and draws the test.
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

#include "examples/support/job.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/data/csv.h"
#include "sluice/io/safetensors.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

constexpr int points = 200, train_points = 100;
constexpr double step = 12 * std::numbers::pi / (points - 1);  // t = linspace(0, 12π, 200)

class SineToCosine : public Composite {
 public:
  explicit SineToCosine(Generator& generator)
      : lstm_({.cell = "lstm", .input_size = 1, .hidden_size = 16}, generator),
        linear_({.input_size = 16, .output_size = 1}, generator) {
    add("lstm", lstm_);
    add("linear", linear_);
  }
  Variable forward(const Variable& x, const Padding& padding = {}) override {
    return linear_.forward(lstm_.forward(x, padding));
  }

 private:
  Recurrent lstm_;
  Linear linear_;
};

struct Waves {
  Numbers sine, cosine;
};

Waves read_waves(const std::string& path) {
  const Frame frame = read_csv(path);
  const auto sine = frame.numbers("sine", "input"), cosine = frame.numbers("cosine", "target");
  if (frame.rows() != points)
    fail_data("data.rows", frame.source, std::to_string(frame.rows()) + " rows are not the job's",
              "it takes 200: 100 to train on and 100 to test");
  return {{sine.begin(), sine.end()}, {cosine.begin(), cosine.end()}};
}

// How the points become sequences. The source's reshape(-1, 5, 1) makes 20 steps of 5 rows, time
// running across the rows first; a recipe has one row, and its state goes on into the test part.
struct Way {
  std::string name;
  int rows;
  bool state_goes_on;
};

// `count` points from `begin` on, [count / rows, rows, 1].
Tensor part(const Numbers& wave, int begin, int count, int rows) {
  Tensor result({count / rows, rows, 1});
  for (int i = 0; i < count; ++i)
    result.data<float>()[i] = static_cast<float>(wave[static_cast<size_t>(begin + i)]);
  return result;
}

// Full-batch training until the loss is below 1e-4; the epochs it took. Throws if they are not
// enough.
int train(SineToCosine& model, const Tensor& x, const Tensor& y, int max_epochs, bool verbose) {
  auto adam = make_optimizer("adam", Options(), model.parameters());
  for (int epoch = 1; epoch <= max_epochs; ++epoch) {
    adam->zero_grad();
    const Variable loss = mse_loss(model.forward(x), y);
    const double value = loss.value().item();
    loss.backward();
    adam->step(1e-2);
    const bool done = value < 1e-4;
    if (verbose && done) std::printf("epoch %5d  loss %.6f: below 1e-4, done\n", epoch, value);
    if (done) return epoch;
    if (verbose && epoch % 100 == 0) std::printf("epoch %5d  loss %.6f\n", epoch, value);
  }
  throw Error(ExitCode::diverged, "example.loss", "training",
              "the loss is still above 1e-4 after " + std::to_string(max_epochs) + " epochs");
}

// The network's cosine of every point.
Numbers predict_all(SineToCosine& model, const Numbers& sine, const Way& way) {
  const NoGrad no_grad;
  Numbers result;
  const int piece = way.state_goes_on ? points : train_points;
  for (int begin = 0; begin < points; begin += piece) {
    const Variable y = model.forward(part(sine, begin, piece, way.rows));
    for (const float value : y.value().values<float>()) result.push_back(value);
  }
  return result;
}

struct Outcome {
  job::Scores epochs, test;
  Numbers train;      // MSE
  Numbers predicted;  // by the first seed's network
};

double mse(const Numbers& wanted, const Numbers& said, int begin) {
  double sum = 0;
  for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(begin + train_points); ++i)
    sum += (wanted[i] - said[i]) * (wanted[i] - said[i]) / train_points;
  return sum;
}

Outcome train_seeds(const Waves& waves, const Way& way, const job::Arguments& arguments) {
  const Tensor x = part(waves.sine, 0, train_points, way.rows);
  const Tensor y = part(waves.cosine, 0, train_points, way.rows);
  Outcome outcome;
  for (int seed = 1; seed <= arguments.seeds; ++seed) {
    Generator generator(static_cast<uint64_t>(seed)), other(0);
    SineToCosine model(generator), loaded(other);
    if (seed == 1)
      std::printf("%s: LSTM(1, 16) + Linear(16, 1), %lld parameters, x %s\n", way.name.c_str(),
                  static_cast<long long>(model.parameter_count()), x.shape().to_string().c_str());
    const double start = job::now();
    outcome.epochs.values.push_back(train(model, x, y, arguments.epochs, seed == 1));
    outcome.test.seconds = outcome.epochs.seconds += job::now() - start;

    // What is tested has been saved by name and loaded into a fresh model.
    const std::string weights = arguments.out + "/sine_to_cosine.safetensors";
    write_safetensors(weights, model.state(), {{"job", "cos t from sin t"}});
    loaded.load_state(read_safetensors(weights).tensors);
    loaded.eval();
    const Numbers predicted = predict_all(loaded, waves.sine, way);
    outcome.train.push_back(mse(waves.cosine, predicted, 0));
    outcome.test.values.push_back(mse(waves.cosine, predicted, train_points));
    if (seed == 1) outcome.predicted = predicted;
  }
  return outcome;
}

// What needs no network, on the 100 points from `begin` on. Each of five rows sees every fifth
// point, so sin t and sin(t - 5Δ) give cos t exactly, but for the first step of a row, which has no
// step before it.
std::vector<job::Floor> floors(const Waves& waves, int begin) {
  constexpr int rows = 5;
  double xx = 0, xy = 0, yy = 0, taps = 0;
  for (int i = begin; i < begin + train_points; ++i) {
    const auto at = [](const Numbers& wave, int place) { return wave[static_cast<size_t>(place)]; };
    const double sine = at(waves.sine, i), cosine = at(waves.cosine, i);
    const double exact =
        i < begin + rows
            ? 0
            : (sine * std::cos(rows * step) - at(waves.sine, i - rows)) / std::sin(rows * step);
    xx += sine * sine, xy += sine * cosine, yy += cosine * cosine;
    taps += (cosine - exact) * (cosine - exact);
  }
  return {{"always 0", yy / train_points},
          {"least squares on sin t", (yy - xy * xy / xx) / train_points},
          {"two taps, exact", taps / train_points}};
}

// sin t, cos t and what the network says of both parts, with the end of training marked.
void draw(const Waves& waves, const Numbers& predicted, const std::string& folder) {
  Numbers t;
  for (int i = 0; i < points; ++i) t.push_back(step * i);
  const auto halves = [](const Numbers& all) {
    return std::array{Numbers(all.begin(), all.begin() + train_points),
                      Numbers(all.begin() + train_points, all.end())};
  };
  const auto said = halves(predicted), when = halves(t);
  Chart chart;
  chart.title = "cos t from sin t";
  chart.x_label = "t";
  chart.lines = {
      {.name = "sin t, the input", .y = waves.sine, .x = t, .role = LineRole::baseline},
      {.name = "cos t", .y = waves.cosine, .x = t, .role = LineRole::actual},
      {.name = "LSTM, trained on", .y = said[0], .x = when[0], .style = LineStyle::dashed},
      {.name = "LSTM, test", .y = said[1], .x = when[1], .style = LineStyle::dashed}};
  chart.marks = {{.x = step * (train_points - 0.5), .label = "test from here"}};
  job::draw(chart, folder, "sine_to_cosine");
}

void run(const job::Arguments& arguments) {
  const Waves waves = read_waves(arguments.data);
  const std::array<Way, 2> ways = {Way{"five rows", 5, false}, Way{"one sequence", 1, true}};
  std::vector<job::Result> results;
  std::string table;
  for (const Way& way : ways) {
    const Outcome outcome = train_seeds(waves, way, arguments);
    table += way.name + std::string(24 - way.name.size(), ' ') +
             job::mean_and_sd(outcome.epochs.values, 0) + "  " +
             job::mean_and_sd(outcome.train, 6) + "  " + job::mean_and_sd(outcome.test.values, 6) +
             "\n";
    results.push_back(
        {"epochs to 1e-4, " + way.name, outcome.epochs, {}, {"torch.json", way.name, "epochs"}});
    results.push_back(
        {"test MSE, " + way.name, outcome.test, {}, {"torch.json", way.name, "test_mse"}});
    if (way.rows == 5) draw(waves, outcome.predicted, arguments.out);
  }
  results.back().floors = floors(waves, train_points);
  std::printf("\nMSE                      epochs to 1e-4      train                 test\n%s",
              table.c_str());
  const std::vector<job::Floor> train = floors(waves, 0), test = results.back().floors;
  for (size_t i = 0; i < test.size(); ++i)
    std::printf("%-46s%.4f                %.4f\n", test[i].name.c_str(), train[i].value,
                test[i].value);
  job::write_results(arguments, results);
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of({.name = "sine_to_cosine",
                       .data = "examples/sine_to_cosine/waves.csv",
                       .run = run,
                       .epochs = 10000},
                      count, arguments);
}
