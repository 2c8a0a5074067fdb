// Validation inside the training part: fit on what came before, judge on what came next.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice {

/// Fit on rows [0, train_rows), judge on targets in rows [train_rows, validation_end).
struct Fold {
  int64_t train_rows = 0, validation_end = 0;
};

/// `count` expanding folds over the last half of `rows`, fewer where one could not hold a target of
/// `horizon` rows or where fewer than `least` rows would stand before it. May be empty.
std::vector<Fold> expanding_folds(int64_t rows, int count, int64_t horizon, int64_t least);

}  // namespace sluice
