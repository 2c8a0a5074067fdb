// Missing values: which rows cannot be kept, and what the others are filled with.
#pragma once

#include "sluice/data/clean.h"

namespace sluice {

/// Throws Error "config.missing" with the nearest name if `name` is no missing policy.
void check_policy(const std::string& name);
/// Takes out the rows that `options.missing` cannot keep; see regularize().
Frame leave_out_rows(Frame frame, const CleanOptions& options);

}  // namespace sluice
