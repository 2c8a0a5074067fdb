// MNIST read row by row: an LSTM over the 28 rows of a digit, as Le, Jaitly and Hinton 2015 and
// Keras' examples put sequences of pixels.
#include <memory>

#include "experiments/mnist.h"
#include "sluice/layers/dropout.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

constexpr int hidden_size = 128, batch_size = 64;

Run run_cell(const std::string& cell, const Digits& digits, const CommandLine& command_line,
             uint64_t seed) {
  Generator generator(seed);
  const int columns = static_cast<int>(digits.train.x.size(2));
  Sequential model(std::make_unique<Recurrent>(RecurrentOptions{.cell = cell,
                                                                .input_size = columns,
                                                                .hidden_size = hidden_size,
                                                                .batch_first = true,
                                                                .outputs = Outputs::last,
                                                                .biases = 1,
                                                                .initialization = "keras"},
                                               generator),
                   std::make_unique<Dropout>(0.2, seed),
                   std::make_unique<Linear>(
                       LinearOptions{.input_size = hidden_size, .output_size = 10}, generator));
  TrainOptions options;
  options.epochs = command_line.updates ? command_line.updates : 6;
  options.batch_size = batch_size;
  options.seed = seed;
  options.loss = "cross_entropy";
  options.learning_rate = 0.004;
  options.schedule = "one_cycle";
  options.clip_norm = 1;
  const History history = fit(model, digits.train, nullptr, options);
  return {{percent_right(predict(model, digits.test.x), digits.test.y)},
          model.parameter_count(),
          history.loss.front(),
          history.loss.back()};
}

bool run(const CommandLine& command_line) {
  const Digits digits = read_mnist(command_line.data);
  const auto row = [&](const char* cell, const char* published) {
    return Row{cell, published,
               [&, cell](uint64_t seed) { return run_cell(cell, digits, command_line, seed); }};
  };
  return print_table({.title = "MNIST row by row, 28 steps of 28 pixels",
                      .columns = {{"test, % right", 2}},
                      .rows = {row("lstm", "98.64")},
                      .floors = mnist_floors(digits)},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
