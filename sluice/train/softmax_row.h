// The cross-entropy of one row of logits, on the processor's vectors.
#pragma once

#include <cstdint>

namespace sluice {

/// −ln softmax(logits)[truth], mixed with the mean over all classes by `smoothing`. Where slopes is
/// not null it gets the gradient times `share`.
double cross_entropy_row(const float* logits, int64_t classes, int64_t truth, double smoothing,
                         double share, float* slopes);
double cross_entropy_row(const double* logits, int64_t classes, int64_t truth, double smoothing,
                         double share, double* slopes);

/// probabilities = softmax(logits); the two may be the same array.
void softmax_row(const float* logits, int64_t classes, float* probabilities);
void softmax_row(const double* logits, int64_t classes, double* probabilities);

}  // namespace sluice
