// The dense layer.
#pragma once

#include <string>

#include "sluice/base/random.h"
#include "sluice/layers/composite.h"

namespace sluice {

struct LinearOptions {
  int input_size = 1, output_size = 1;
  bool bias = true;
  /// pytorch: U(±1/√input_size) for both; keras: glorot_uniform and 0; zeros: both 0.
  std::string initialization = "pytorch";
};

/// y = x · weightᵀ + bias for x [..,I]: weight [O,I], bias [O].
class Linear : public Composite {
 public:
  /// With "pytorch" the draws are those of nn.Linear: weight, then bias.
  Linear(const LinearOptions& options, Generator& generator);

  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return static_cast<int>(weight_.shape()[0]); }

  Variable& weight() { return weight_; }
  /// Undefined for a layer without bias.
  Variable& bias() { return bias_; }

 private:
  Variable weight_, bias_;
};

}  // namespace sluice
