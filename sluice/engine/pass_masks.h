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

/// Untied masks: room of x's form but gates·I to a row; a copy of x for each gate; and the sum
/// over the copies, each times its mask. Lanes of `to`'s own behind its columns become zeros.
template <class T>
SequenceView view_by_gate(const CellLayout& layout, const SequenceView& x);
template <class T>
SequenceView masked_input_by_gate(const CellLayout& layout, const MaskRule& rule,
                                  const SequenceView& x);
template <class T>
void sum_by_input_masks(const CellLayout& layout, const MaskRule& rule, const SequenceView& from,
                        SequenceView& to);

/// A copy of the packed weights, the recurrent ones masked.
template <class T>
Tensor masked_weights(const CellLayout& layout, const MaskRule& rule, const Tensor& packed);
/// The same for their gradients, in place.
template <class T>
void multiply_by_weight_mask(const CellLayout& layout, const MaskRule& rule, T* packed);

}  // namespace sluice
