// Layers on top of each other, each in one direction or both, around the passes.
#pragma once

#include "sluice/layers/recurrent_body.h"

namespace sluice {

/// What a stack is run on. `first[k]` is [L·D,B,H] or undefined: zeros.
struct StackInput {
  Tensor x;
  Tensor first[max_states];
  const Padding& padding;
  bool remember;
  MaskRule rule;  ///< of the lowest layer; each direction above has the next layer number
};

/// Runs every layer; `memory` has a place for each direction of each layer. Writes the last states
/// to last[k] [L·D,B,H] and returns the top layer's outputs of all steps (undefined where the
/// options want the last only).
template <class T>
Tensor forward_stack(const Recurrent::Body& body, const StackInput& input,
                     PoolArray<PassMemory>& memory, Tensor* last);

/// Gradients that arrive and are wanted; dx is made by the call where it is wanted.
struct StackGradients {
  Tensor dy, dlast[max_states];
  bool need_dx = false;
  Tensor dx, dfirst[max_states];
};

template <class T>
void backward_stack(const Recurrent::Body& body, const PoolArray<PassMemory>& memory,
                    StackGradients& gradients);

}  // namespace sluice
