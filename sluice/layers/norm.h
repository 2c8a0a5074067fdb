// Layers that normalise: by the numbers of a step, or by a channel over the batch.
#pragma once

#include "sluice/layers/composite.h"

namespace sluice {

struct LayerNormOptions {
  int input_size = 1;
  double epsilon = 1e-5;  ///< PyTorch's; Keras has 1e-3
  bool affine = true;     ///< whether to scale and shift
};

/// y = (x − mean) / √(variance + epsilon) · weight + bias over the last axis of x [..,I], with the
/// population variance (Ba et al. 2016). Names are PyTorch's: weight [I] from 1, bias [I] from 0.
/// Steps of padding come out as the bias.
class LayerNorm : public Composite {
 public:
  /// Throws Error "layer.size" for a size or an epsilon that is not positive.
  explicit LayerNorm(const LayerNormOptions& options);
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  LayerNormOptions options_;
  Variable weight_, bias_;
};

struct BatchNormOptions {
  int input_size = 1;
  double epsilon = 1e-5;  ///< PyTorch's; Keras has 1e-3
  /// What a batch counts in the running moments, PyTorch's meaning and value: Keras' momentum 0.99
  /// is 0.01 here.
  double momentum = 0.1;
  bool affine = true;  ///< whether to scale and shift
  /// The running variance takes the unbiased variance of a batch (PyTorch) or the population's
  /// (Keras).
  bool unbiased = true;
};

/// y = (x − mean) / √(variance + epsilon) · weight + bias, channel by channel of x [B,T,C] or [B,C]
/// (Ioffe and Szegedy 2015; PyTorch's nn.BatchNorm1d has [B,C,T]). While training the moments are
/// those of the batch, all its true steps, and gradients flow through them; in evaluation mode they
/// are the running ones: the buffers running_mean and running_var. Padding comes out as zeros.
class BatchNorm1d : public Composite {
 public:
  /// Throws Error "layer.size" for numbers out of range.
  explicit BatchNorm1d(const BatchNormOptions& options);
  /// Throws Error "layer.batch" while training on a single row, which has no variance.
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  void follow(Variable& running, const Tensor& batch, double factor) const;

  BatchNormOptions options_;
  Variable weight_, bias_, mean_, variance_;
};

}  // namespace sluice
