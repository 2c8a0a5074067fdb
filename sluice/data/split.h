// Where training ends and testing begins.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/data/frame.h"

namespace sluice {

/// Rows [0, train_end) train, [train_end, validation_end) validate, [validation_end, rows) test.
struct Split {
  int64_t train_end = 0;
  int64_t validation_end = 0;
  int64_t rows = 0;
};

/// Each part is a count ("48"), a share ("0.33" or "33%") or the date its first row carries
/// ("2010-01-03"); "" or "0" is none. `train` may stand instead of `test`: then test is the rest.
struct SplitOptions {
  std::string train;
  std::string validation;  ///< taken from the end of training
  std::string test;
};

/// Shares round the training part down, as int(rows · share) does; throws Error "config.split" with
/// the numbers where a part would be empty, negative or outside the file.
Split split_rows(const Frame& frame, const SplitOptions& options);

}  // namespace sluice
