// Measuring the time between two spikes (Gers, Schraudolph and Schmidhuber 2002): with and without
// peepholes.
#include <algorithm>

#include "experiments/experiment.h"
#include "experiments/training.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/train/loss.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

constexpr int64_t steps = 150, batch_rows = 32, test_rows = 512;

int64_t below(Generator& generator, int64_t bound) {
  return static_cast<int64_t>(generator.below(static_cast<uint64_t>(bound)));
}

// x [rows,150,1]: two spikes, 30 to 60 steps apart. y [rows,150,1]: one more, as far again behind.
Dataset draw(int64_t rows, Generator& generator) {
  Dataset data{Tensor({rows, steps, 1}), Tensor({rows, steps, 1}), {}};
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t distance = 30 + below(generator, 31);
    const int64_t first = row * steps + below(generator, steps - 2 * distance);
    data.x.data<float>()[first] = 1;
    data.x.data<float>()[first + distance] = 1;
    data.y.data<float>()[first + 2 * distance] = 1;
  }
  return data;
}

// Solved: behind the second spike the prediction is largest where the third is due.
std::vector<double> scores(const Tensor& predicted, const Dataset& test) {
  double squares = 0, solved = 0;
  for (int64_t row = 0; row < test_rows; ++row) {
    const float *x = test.x.data<float>() + row * steps, *y = test.y.data<float>() + row * steps,
                *guess = predicted.data<float>() + row * steps;
    for (int64_t t = 0; t < steps; ++t) squares += (guess[t] - y[t]) * (guess[t] - y[t]);
    const auto second = std::find(std::find(x, x + steps, 1.f) + 1, x + steps, 1.f) - x;
    const auto largest = std::max_element(guess + second + 1, guess + steps) - guess;
    solved += y[largest] == 1;
  }
  return {squares / (test_rows * steps), solved / test_rows};
}

Run run_cell(const std::string& cell, int updates, uint64_t seed) {
  Generator generator(seed), data_generator(20000 + seed), test_generator(10000 + seed);
  Sequential model = make_model({.cell = cell, .input_size = 1, .hidden_size = 8}, 1);
  draw_weights(model, find_cell(cell).info, {}, generator);
  const Losses losses = train(
      model, {.updates = updates, .learning_rate = 5e-3, .halve_every = 1500},
      [](Generator& g) { return draw(batch_rows, g); },
      [](const Variable& prediction, const Tensor& target) {  // half the sum over the steps
        return 0.5 * steps * mse_loss(prediction, target);
      },
      data_generator);
  const Dataset test = draw(test_rows, test_generator);
  return {scores(predict(model, test.x), test), model.parameter_count(), losses.first, losses.last};
}

Row row(const std::string& cell, const std::string& published, const CommandLine& command_line) {
  const int updates = command_line.updates ? command_line.updates : 3000;
  return {cell, published, [=](uint64_t seed) { return run_cell(cell, updates, seed); }};
}

bool run(const CommandLine& command_line) {
  return print_table({.title = "Spike distance, 150 steps: a third spike as far behind the second",
                      .columns = {{"test MSE", 5}, {"third spike found", 3}},
                      .rows = {row("peephole", "0.00160 and 0.903", command_line),
                               row("lstm", "0.00230 and 0.834", command_line)},
                      .floors = {{"always 0", {1.0 / steps, 0}}}},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
