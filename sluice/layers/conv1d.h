// Convolution over the steps of a sequence.
#pragma once

#include <string>

#include "sluice/base/random.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/window_padding.h"

namespace sluice {

struct Conv1dOptions {
  int in_channels = 1, out_channels = 1;
  int kernel_size = 1, stride = 1, dilation = 1;
  int groups = 1;  ///< the channels in so many parts, each seen by its share of the outputs alone
  WindowPadding padding = 0;
  bool bias = true;
  /// pytorch: U(±1/√(in_channels / groups · kernel_size)) for both; keras: glorot_uniform and 0.
  std::string initialization = "pytorch";
};

/// y[b,t,o] = bias[o] + Σ weight[o,c,k] · x[b, t·stride + k·dilation − padding, c], for x [B,T,C]:
/// time before channels, as the recurrent layers have it and Keras. PyTorch's nn.Conv1d has
/// [B,C,T]. The weight [O,C/groups,K] and the bias [O] are PyTorch's; Keras' kernel is
/// [K,C/groups,O].
class Conv1d : public Composite {
 public:
  /// With "pytorch" the draws are those of nn.Conv1d: weight, then bias. Throws Error "layer.size"
  /// for sizes that are not positive or groups that do not divide the channels.
  Conv1d(const Conv1dOptions& options, Generator& generator);

  /// [B,T,C] -> [B,T',O]. With `padding` the rows keep their lengths, or Error "layer.padding".
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return options_.out_channels; }
  const Conv1dOptions& options() const { return options_; }

 private:
  Conv1dOptions options_;
  Variable weight_, bias_;
};

}  // namespace sluice
