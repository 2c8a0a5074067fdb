// Functions over arrays, on the vectors of the processor.
#pragma once

#include <cstdint>

namespace sluice {

/// y[i] = tanh(x[i]) for count numbers; x and y may be the same. NaN stays NaN.
void vector_tanh(const float* x, float* y, int64_t count);
void vector_tanh(const double* x, double* y, int64_t count);
/// y[i] = 1 / (1 + e^(−x[i])), to within 1e-7 in float.
void vector_sigmoid(const float* x, float* y, int64_t count);
void vector_sigmoid(const double* x, double* y, int64_t count);
/// y[i] = e^(x[i] − most), where no x[i] is above `most`; 0 from 87 (float) or 708 below it.
void vector_exp_below(const float* x, float* y, int64_t count, float most);
void vector_exp_below(const double* x, double* y, int64_t count, double most);

}  // namespace sluice
