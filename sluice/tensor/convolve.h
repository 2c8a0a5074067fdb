// Convolutions of arrays, channels last, as products over patches.
#pragma once

#include <cstdint>

#include "sluice/tensor/patches.h"

namespace sluice {

/// What a convolution is, apart from its numbers: images [images, rows, columns, C] become
/// [images, rows', columns', outputs]. In `grid` are the windows, channels = C, first = 0 and
/// width = C / groups. Weights lie as in PyTorch: [outputs, C/groups, taps].
struct Convolution {
  PatchGrid grid;
  int64_t images, outputs, groups;

  int64_t group_outputs() const { return outputs / groups; }
  int64_t work() const { return images * grid.windows() * outputs * grid.patch_size(); }
};

/// y = bias (or 0 where it is null) + the products. Each number is one chain: the bias, then tap by
/// tap the channels in order.
template <class T>
void convolve(const Convolution& plan, const T* x, const T* weight, const T* bias, T* y);

/// dx = the gradient of the input for `grad` of y; plus dx if `add`.
template <class T>
void convolve_to_input(const Convolution& plan, const T* grad, const T* weight, T* dx, bool add);

/// dw = the gradient of the weight; plus dw if `add`.
template <class T>
void convolve_to_weight(const Convolution& plan, const T* x, const T* grad, T* dw, bool add);

}  // namespace sluice
