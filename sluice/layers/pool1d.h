// Pooling over the steps of a sequence.
#pragma once

#include "sluice/layers/module.h"
#include "sluice/layers/window_padding.h"

namespace sluice {

struct Pool1dOptions {
  int kernel_size = 2;
  int stride = 0;             ///< 0: kernel_size
  int dilation = 1;           ///< of MaxPool1d alone
  WindowPadding padding = 0;  ///< steps or "same"
  bool ceil_mode = false;     ///< a last window may reach beyond the end
  /// Of AvgPool1d: padding counts as zeros, as in PyTorch. With "same" it never does, as in Keras.
  bool count_include_pad = true;
};

/// The largest number of each window, channel by channel: [B,T,C] -> [B,T',C], with
/// T' = ⌊(T + 2 · padding − dilation · (kernel_size − 1) − 1) / stride⌋ + 1. Padding is never the
/// largest. PyTorch's nn.MaxPool1d has [B,C,T].
class MaxPool1d : public Module {
 public:
  /// Throws Error "layer.size" for sizes out of range.
  explicit MaxPool1d(const Pool1dOptions& options = {});
  /// Throws Error "layer.padding" for ragged rows, whose lengths it would change.
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  Pool1dOptions options_;
};

/// The mean of each window, channel by channel; shapes as MaxPool1d's.
class AvgPool1d : public Module {
 public:
  explicit AvgPool1d(const Pool1dOptions& options = {});
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  Pool1dOptions options_;
};

}  // namespace sluice
