// Temporal order (Hochreiter and Schmidhuber 1997, experiment 6a): in which order did X and Y come?
#include <algorithm>
#include <cmath>

#include "experiments/experiment.h"
#include "experiments/training.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

constexpr int64_t steps = 50, symbols = 8, classes = 4, batch_rows = 32, test_rows = 512;
enum Symbol { a, b, c, d, X, Y, B, E };

// x [rows,50,8]: B, then any of a to d, then E; X or Y at a step of 3 … 12 and at one of 25 … 40.
// y [rows,4]: one of XX, XY, YX, YY.
Dataset draw(int64_t rows, Generator& generator) {
  Dataset data{Tensor({rows, steps, symbols}), Tensor({rows, classes}), {}};
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<uint64_t> text(steps);
    for (uint64_t& symbol : text) symbol = generator.below(4);
    const uint64_t first = generator.below(2), second = generator.below(2);
    text[3 + generator.below(10)] = X + first;
    text[25 + generator.below(16)] = X + second;
    text.front() = B;
    text.back() = E;
    for (int64_t step = 0; step < steps; ++step)
      data.x.data<float>()[(row * steps + step) * symbols +
                           static_cast<int64_t>(text[static_cast<size_t>(step)])] = 1;
    data.y.data<float>()[row * classes + static_cast<int64_t>(2 * first + second)] = 1;
  }
  return data;
}

// -log softmax of the true class, mean over the rows. The largest of a row is taken off first.
Variable cross_entropy(const Variable& logits, const Tensor& truth) {
  const int64_t rows = truth.size(0);
  Tensor largest({rows});
  for (int64_t row = 0; row < rows; ++row) {
    const float* const first = logits.value().data<float>() + row * classes;
    largest.data<float>()[row] = *std::max_element(first, first + classes);
  }
  const Variable by_class = transpose(logits, 0, 1);  // [4,rows], so that [rows] fits the end
  const Variable normaliser = log(sum(exp(by_class - largest), 0)) + largest;
  return mean(normaliser) - sum(logits * truth) / static_cast<double>(rows);
}

double accuracy(Module& model, const Dataset& data) {
  const Tensor logits = predict(model, data.x);
  int64_t right = 0;
  for (int64_t row = 0; row < data.size(); ++row) {
    const float* const first = logits.data<float>() + row * classes;
    const auto best = std::max_element(first, first + classes) - first;
    right += data.y.item(row * classes + best) == 1;
  }
  return static_cast<double>(right) / static_cast<double>(data.size());
}

Run run_cell(const RecurrentOptions& options, int updates, uint64_t seed) {
  Generator generator(seed), test_generator(10000 + seed);
  Sequential model = make_model(options, classes);
  const FirstWeights first{.input = 0.1,
                           .recurrent = 0.1,
                           .readout = 0.1,
                           .peephole = 0.1,
                           .by_root = false,
                           .biases = {{"i", -1.0}, {"f", 1.0}}};
  draw_weights(model, find_cell(options.cell).info, first, generator);
  const Dataset test = draw(test_rows, test_generator);
  int solved_after = updates;  // of every 50 updates the first with 95 % right
  const Losses losses = train(
      model, {.updates = updates, .learning_rate = 0.02},
      [](Generator& g) { return draw(batch_rows, g); }, cross_entropy, generator,
      [&](int update) {
        if (update % 50 == 0 && solved_after == updates && accuracy(model, test) >= 0.95)
          solved_after = update;
      });
  const auto sequences = static_cast<double>(solved_after * batch_rows);
  return {{sequences, accuracy(model, test)}, model.parameter_count(), losses.first, losses.last};
}

Row row(const std::string& name, const std::string& cell, const std::string& published,
        const CommandLine& command_line) {
  const int updates = command_line.updates ? command_line.updates : 1500;
  const RecurrentOptions options{.cell = cell,
                                 .input_size = symbols,
                                 .hidden_size = 4,
                                 .outputs = Outputs::last,
                                 .peepholes = ""};
  return {name, published, [=](uint64_t seed) { return run_cell(options, updates, seed); }};
}

bool run(const CommandLine& command_line) {
  return print_table(
      {.title =
           "Temporal order, 50 steps, four classes; sequences until 95 % are right, at most 48000",
       .columns = {{"sequences", 0}, {"accuracy", 3}},
       .rows = {row("lstm 1997", "nfg", "median 6400, 1.000", command_line),
                row("lstm", "lstm", "", command_line), row("gru", "gru", "", command_line),
                row("rnn", "rnn", "0.23 to 0.29", command_line)},
       .floors = {{"chance", {NAN, 1.0 / classes}}}},
      command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
