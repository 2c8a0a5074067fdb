// MNIST's handwritten digits, row by row: 28 steps of 28 pixels.
#pragma once

#include <string>

#include "experiments/experiment.h"
#include "sluice/train/trainer.h"

namespace sluice::experiment {

struct Digits {
  Dataset train, test;  ///< x [N,rows,columns] from 0 to 1, y [N] the digit
};

/// Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte of the folder, or the same with .gz behind.
/// Throws Error "usage.data" for no folder, "data.mnist" where files do not fit each other, and
/// what read_idx throws.
Digits read_mnist(const std::string& folder);

/// The first examples alone; shares the memory.
Dataset first_rows(const Dataset& data, int64_t count);

/// Share of right answers in percent; logits [N,10].
double percent_right(const Tensor& logits, const Tensor& digits);

/// What needs no network: the most frequent digit, and ridge (λ = 1) from all pixels and a 1 to the
/// digit as a vector of ten with a single 1.
std::vector<Floor> mnist_floors(const Digits& digits);

}  // namespace sluice::experiment
