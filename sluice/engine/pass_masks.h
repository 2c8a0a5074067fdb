// The masks of a whole run: of the input, and of the recurrent matrix.
#pragma once

#include "sluice/engine/pass.h"

namespace sluice {

/// A copy of x with the same numbers of a row gone at every step.
template <class T>
SequenceView masked_input(const MaskRule& rule, const SequenceView& x);
/// to = from · that mask.
template <class T>
void multiply_by_input_mask(const MaskRule& rule, const SequenceView& from, SequenceView& to);

/// A copy of the packed weights, the recurrent ones masked.
template <class T>
Tensor masked_weights(const CellLayout& layout, const MaskRule& rule, const Tensor& packed);
/// The same for their gradients, in place.
template <class T>
void multiply_by_weight_mask(const CellLayout& layout, const MaskRule& rule, T* packed);

}  // namespace sluice
