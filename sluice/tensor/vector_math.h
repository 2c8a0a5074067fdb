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
/// y[i] = e^(scale · (x[i] − most)), where no x[i] is above `most` and scale > 0; 0 where the
/// exponent is below −87 (float) or −708.
void vector_exp_below(const float* x, float* y, int64_t count, float most, float scale = 1);
void vector_exp_below(const double* x, double* y, int64_t count, double most, double scale = 1);
/// y[i] = factor · x[i]
void vector_scale(const float* x, float* y, int64_t count, float factor);
void vector_scale(const double* x, double* y, int64_t count, double factor);
/// z[i] = factor · y[i] · (x[i] − mean)
void vector_slope(const float* y, const float* x, float* z, int64_t count, float mean,
                  float factor);
void vector_slope(const double* y, const double* x, double* z, int64_t count, double mean,
                  double factor);

/// The largest of count > 0 numbers; NaN if any is.
float vector_most(const float* x, int64_t count);
double vector_most(const double* x, int64_t count);
/// The sum in the chains of sum_lanes() (chunk.h): the same bits.
double vector_sum(const float* x, int64_t count);
double vector_sum(const double* x, int64_t count);
/// The same of x[i] · y[i], each in double.
double vector_dot(const float* x, const float* y, int64_t count);
double vector_dot(const double* x, const double* y, int64_t count);
/// sums[i] += x[r · stride + i] of one row after the other
void vector_add_to(double* sums, const float* x, int64_t rows, int64_t stride, int64_t count);
void vector_add_to(double* sums, const double* x, int64_t rows, int64_t stride, int64_t count);

}  // namespace sluice
