// What each part of the LSTM is worth (Greff et al. 2015): the peephole LSTM with one thing taken
// out, on the adding problem and, with --data, on the chorales.
#include <algorithm>

#include "experiments/adding_problem.h"
#include "experiments/chorales.h"

using namespace sluice::experiment;

namespace {

constexpr int64_t steps = 50;

struct Ablation {
  std::string cell, published;
};

const std::vector<Ablation> ablations = {{"peephole", "V    .0025 .0033 .0040  .557"},
                                         {"lstm", "NP   .0023 .0034 .0044  .383"},
                                         {"nig", "NIG  .0073 .0115 .0152  .256"},
                                         {"nfg", "NFG  .0016 .0036 .0056  .486"},
                                         {"nog", "NOG  .0032 .0069 .0070  .359"},
                                         {"niaf", "NIAF .0010 .0021 .0075  .689"},
                                         {"noaf", "NOAF .0015 .0050 .0085  .352"},
                                         {"cifg_peephole", "CIFG .0008 .0010 .0014  .820"},
                                         {"fgr", ""}};

// Where the forget gate is 1 - i, remembering is a negative bias of the input gate.
FirstWeights first_weights(const std::string& cell) {
  FirstWeights first;
  if (cell == "cifg_peephole") first.biases = {{"i", -1.0}};
  return first;
}

Row adding_row(const Ablation& ablation, const CommandLine& command_line) {
  const Protocol protocol{.updates = command_line.updates ? command_line.updates : 1500,
                          .learning_rate = 5e-3};
  return {ablation.cell, ablation.published, [=](uint64_t seed) {
            return run_adding({.cell = ablation.cell,
                               .input_size = 2,
                               .hidden_size = 12,
                               .outputs = sluice::Outputs::last},
                              first_weights(ablation.cell), protocol, steps, seed);
          }};
}

bool run(const CommandLine& command_line) {
  Table adding{.title = "Ablations of the LSTM: adding problem, 50 steps",
               .columns = {{"test MSE", 4}, {"|error| < 0.04", 3}},
               .rows = {},
               .floors = adding_floors(steps)};
  for (const Ablation& ablation : ablations)
    adding.rows.push_back(adding_row(ablation, command_line));
  bool good = print_table(adding, command_line);
  if (command_line.data.empty()) return good;

  const Chorales data = read_chorales(command_line.data);
  Table chorales{.title = "\nAblations of the LSTM: JSB chorales, the same settings for all",
                 .columns = {{"test, nats a step", 3}, {"validation", 3}},
                 .rows = {},
                 .floors = chorale_floors(data)};
  const int epochs = command_line.updates ? command_line.updates : 20;
  for (const Ablation& ablation : ablations)
    chorales.rows.push_back(
        {ablation.cell, "", [&](uint64_t seed) {
           return run_chorales(
               data,
               {.cell = ablation.cell, .hidden_size = 100, .epochs = epochs, .learning_rate = 0.01},
               seed);
         }});
  return print_table(chorales, command_line) && good;
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
