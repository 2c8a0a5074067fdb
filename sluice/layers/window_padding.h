// How far the windows of a convolution or a pooling reach over the ends of a sequence.
#pragma once

#include <string>

#include "sluice/layers/module.h"
#include "sluice/tensor/patches.h"

namespace sluice {

/// A number of steps on either side (PyTorch), or a word (Keras): "valid", none; "same", so many
/// that there are ⌈T / stride⌉ windows, an odd one after the steps; "causal", as many before the
/// first step as a window needs to see no later step than its own.
class WindowPadding {
 public:
  WindowPadding(int steps = 0);            // NOLINT: a number is a padding
  WindowPadding(const char* word);         // NOLINT: a word too
  WindowPadding(const std::string& word);  // NOLINT: or a number as text, as recipes have it

  bool is(const char* word) const { return word_ == word; }
  /// `time` with `before` and `after` as they follow from its other members.
  WindowAxis around(WindowAxis time) const;

 private:
  std::string word_;  // empty: steps_ on either side
  int steps_ = 0;
};

/// For layers that look at neighbouring steps: x [B,T,C] with zeros in the padding of ragged rows,
/// which thereby counts as the padding of the windows does. Throws Error "layer.padding" where the
/// windows would give a row another length.
Variable padding_as_zeros(const Variable& x, const Padding& padding, const WindowAxis& time,
                          const std::string& layer);

}  // namespace sluice
