// The adding problem over 100 steps: LSTM, GRU and plain RNN of eight units.
#include "experiments/adding_problem.h"

using namespace sluice::experiment;

namespace {

constexpr int64_t steps = 100;

Row row(const std::string& cell, int updates, const std::string& published,
        const CommandLine& command_line) {
  const Protocol protocol{.updates = command_line.updates ? command_line.updates : updates,
                          .learning_rate = 5e-3,
                          .halve_every = 1500};
  return {cell, published, [=](uint64_t seed) {
            return run_adding(
                {.cell = cell, .input_size = 2, .hidden_size = 8, .outputs = sluice::Outputs::last},
                {}, protocol, steps, seed);
          }};
}

bool run(const CommandLine& command_line) {
  return print_table({.title = "Adding problem, 100 steps",
                      .columns = {{"test MSE", 4}, {"|error| < 0.04", 3}},
                      .rows = {row("lstm", 8000, "0.0016 and 0.784", command_line),
                               row("gru", 8000, "", command_line),
                               row("rnn", 5000, "0.0706 and 0.160", command_line)},
                      .floors = adding_floors(steps)},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
