// Convolutions along one axis, whose windows are read where the images stand: no patch is written.
#pragma once

#include "sluice/tensor/convolve.h"

namespace sluice {

/// Whether the windows lie along one axis, in a number that fills the kernels' tiles.
bool is_line(const Convolution& plan);

/// The pieces that threads share: an image, or some of its windows where they are many.
int64_t line_pieces(const Convolution& plan);

/// y = what was there if `add`, else bias or 0, + patches · matrix [groups, patch_size, outputs of
/// a group].
template <class T>
void multiply_line(const Convolution& plan, const T* x, const T* matrix, const T* bias, T* y,
                   bool add);

/// dw [outputs, taps, C / groups] = one piece's gradient of the weight, plus dw if `add`.
template <class T>
void line_to_weight(const Convolution& plan, int64_t piece, const T* x, const T* grad, T* dw,
                    bool add);

}  // namespace sluice
