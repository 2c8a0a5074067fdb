// The arithmetic of one Adam update over a run of numbers, on the processor's vectors.
#pragma once

#include <cstdint>

namespace sluice {

/// The numbers of one update, in the type of the parameters.
template <class T>
struct AdamStep {
  T fresh1, beta2, fresh2, rate, root_scale, epsilon, decay, shrink;
};

/// θ −= rate · m / (√v · root_scale + ε), with PyTorch's order of operations; no fused
/// multiply-adds, so that every instruction set gives the same bits.
void adam_update(const AdamStep<float>& step, const float* grad, float* first, float* second,
                 float* value, int64_t count);
void adam_update(const AdamStep<double>& step, const double* grad, double* first, double* second,
                 double* value, int64_t count);

}  // namespace sluice
