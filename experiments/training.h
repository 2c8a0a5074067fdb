// How the experiments on made-up sequences start their weights and train.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"
#include "sluice/train/trainer.h"

namespace sluice::experiment {

/// A recurrent layer with one bias a gate, and a linear readout.
Sequential make_model(RecurrentOptions options, int output_size);

/// Standard deviations of the first weights; all but the peepholes' are divided by the root of the
/// matrix's columns where `by_root` holds.
struct FirstWeights {
  double input = 0.5, recurrent = 0.5, readout = 1, peephole = 0.1;
  bool by_root = true;
  /// Gates whose biases do not start at 0; those that the cell lacks are passed over.
  std::vector<std::pair<std::string, double>> biases = {{"f", 1.0}};
};

/// Draws every weight of a make_model(); the peepholes last, so that cells with and without them
/// start alike.
void draw_weights(Module& model, const CellInfo& cell, const FirstWeights& first,
                  Generator& generator);

struct Protocol {
  int updates = 1000;
  double learning_rate = 5e-3;
  int halve_every = 0;  ///< updates after which the learning rate is halved; 0: never
  double clip_norm = 1;
  std::string optimizer = "adam";
  Options optimizer_options = {};
};

struct Losses {
  double first = 0, last = 0;  ///< means over the first and the last tenth of the updates
  std::vector<double> all;     ///< of every update
};

using Draw = std::function<Dataset(Generator&)>;
using LossOf = std::function<Variable(const Variable& prediction, const Tensor& target)>;

/// A fresh batch for every update. `after` is told how many updates are done.
Losses train(Module& model, const Protocol& protocol, const Draw& draw, const LossOf& loss,
             Generator& generator, const std::function<void(int)>& after = {});

/// With the means over the first and the last tenth.
Losses first_and_last(std::vector<double> losses);

}  // namespace sluice::experiment
