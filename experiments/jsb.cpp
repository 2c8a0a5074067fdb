// Bach's chorales: LSTM, GRU and plain RNN, nats a step.
#include "experiments/chorales.h"

using namespace sluice::experiment;

namespace {

bool run(const CommandLine& command_line) {
  const Chorales data = read_chorales(command_line.data);
  const auto row = [&](const std::string& published, ChoraleOptions options) {
    if (command_line.updates) options.epochs = command_line.updates;
    return Row{options.cell, published,
               [&data, options](uint64_t seed) { return run_chorales(data, options, seed); }};
  };
  return print_table({.title = "JSB chorales, quarter notes",
                      .columns = {{"test, nats a step", 3}, {"validation", 3}},
                      .rows = {row("8.45", {.cell = "lstm",
                                            .epochs = 30,
                                            .batch_size = 4,
                                            .dropout = 0.4,
                                            .learning_rate = 0.004}),
                               row("8.43", {.cell = "gru",
                                            .epochs = 40,
                                            .batch_size = 8,
                                            .dropout = 0.1,
                                            .learning_rate = 0.01}),
                               row("8.91", {.cell = "rnn",
                                            .epochs = 40,
                                            .batch_size = 4,
                                            .dropout = 0.2,
                                            .learning_rate = 0.001})},
                      .floors = chorale_floors(data)},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
