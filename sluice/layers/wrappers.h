// Layers around another layer, and one that makes a sequence of a vector.
#pragma once

#include <memory>

#include "sluice/layers/composite.h"

namespace sluice {

/// y = x + layer(x) (He et al. 2016); the layer's tensors are called "layer.<tensor>".
class Residual : public Composite {
 public:
  /// Throws Error "layer.undefined" for no layer.
  explicit Residual(std::unique_ptr<Module> layer);
  /// Throws Error "layer.shape" where the layer gives another shape than it takes.
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  std::unique_ptr<Module> layer_;
};

/// The layer on every step by itself: [B,T,…] -> [B,T,…], as Keras' TimeDistributed. Of ragged rows
/// the layer sees the true steps alone, and the padding comes out as zeros.
class TimeDistributed : public Composite {
 public:
  explicit TimeDistributed(std::unique_ptr<Module> layer);
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int input_size) const override { return layer_->output_size(input_size); }

 private:
  std::unique_ptr<Module> layer_;
};

/// [B,F] -> [B,count,F]: a vector at every step, as Keras' RepeatVector.
class RepeatVector : public Module {
 public:
  /// Throws Error "layer.size" for a count that is not positive.
  explicit RepeatVector(int count);
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  int count_;
};

}  // namespace sluice
