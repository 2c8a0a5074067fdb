// Bach's chorales: VRNN and STORN, whose bound stands beside the likelihood of recurrent networks
// without latent variables.
#include <algorithm>
#include <memory>

#include "experiments/chorales.h"
#include "experiments/latent_model.h"
#include "sluice/autograd/arithmetic.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

using Make = std::unique_ptr<LatentModel> (*)(const LatentOptions&, Generator&);

// The divergence counts more with every epoch until the whole of it does, or the latent variables
// would be given up before they are of use.
constexpr int warm_epochs = 10;

Run run_latent(const Chorales& data, Make make, const LatentOptions& sizes,
               const ChoraleOptions& options, uint64_t seed) {
  Generator generator(seed), noise(20000 + seed);
  const std::unique_ptr<LatentModel> model = make(sizes, generator);
  double weight = 1;
  const auto cost = [&](const Dataset& pieces) {
    Generator same(seed);  // of a held-out batch the same draws every time
    const bool training = model->training();
    const LatentCosts costs =
        model->costs(pieces.x, pieces.y, pieces.padding, training ? noise : same);
    const Variable all = costs.reconstruction + costs.divergence * (training ? weight : 1);
    return ChoraleCost{step_mean(all, pieces.padding),
                       step_mean(costs.divergence, pieces.padding).value().item()};
  };
  return train_chorales(*model, data, options, seed, cost,
                        [&](int epoch) { weight = std::min(1.0, (epoch + 1.0) / warm_epochs); });
}

bool run(const CommandLine& command_line) {
  const Chorales data = read_chorales(command_line.data);
  const auto cut = [&](ChoraleOptions options) {
    if (command_line.updates) options.epochs = command_line.updates;
    return options;
  };
  const auto plain = [&](const std::string& published, const ChoraleOptions& options) {
    return Row{options.cell, published,
               [&, options](uint64_t seed) { return run_chorales(data, cut(options), seed); }};
  };
  const auto latent = [&](const std::string& name, const std::string& published, Make make,
                          const LatentOptions& sizes, const ChoraleOptions& options) {
    return Row{name, published, [&, make, sizes, options](uint64_t seed) {
                 return run_latent(data, make, sizes, cut(options), seed);
               }};
  };
  const ChoraleOptions options{.epochs = 60, .batch_size = 8, .learning_rate = 2e-3};
  return print_table({.title = "JSB chorales, quarter notes: with latent variables an upper bound",
                      .columns = {{"test, nats a step", 3}, {"validation", 3}, {"divergence", 3}},
                      .rows = {plain("8.91", {.cell = "rnn",
                                              .epochs = 40,
                                              .batch_size = 4,
                                              .dropout = 0.2,
                                              .learning_rate = 0.001}),
                               plain("8.45", {.cell = "lstm",
                                              .epochs = 30,
                                              .batch_size = 4,
                                              .dropout = 0.4,
                                              .learning_rate = 0.004}),
                               latent("vrnn", "", make_vrnn, {}, options),
                               latent("storn", "6.91", make_storn, {.cell = "rnn"}, options)},
                      .floors = chorale_floors(data)},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
