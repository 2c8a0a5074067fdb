// The adding problem (Hochreiter and Schmidhuber 1997, experiment 4): two of many numbers are
// marked, and their sum is asked for after the last step.
#pragma once

#include "experiments/experiment.h"
#include "experiments/training.h"

namespace sluice::experiment {

/// x [rows,steps,2]: a number of U(-1,1), and 1 at one place of each half, else 0. y [rows,1].
Dataset draw_adding(int64_t rows, int64_t steps, Generator& generator);

struct AddingScore {
  double mse, solved;  ///< solved: the share with an error below 0.04
};
AddingScore score_adding(const Tensor& predicted, const Tensor& truth);

/// Draws weights, trains on 32 fresh sequences an update, and scores 512 others.
Run run_adding(const RecurrentOptions& options, const FirstWeights& first, const Protocol& protocol,
               int64_t steps, uint64_t seed);

/// Always 0, and the second of the two numbers, scored on the first seed's test sequences.
std::vector<Floor> adding_floors(int64_t steps);

}  // namespace sluice::experiment
