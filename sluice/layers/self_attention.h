// Self-attention: every step of a sequence looks at the others.
#pragma once

#include "sluice/base/random.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/linear.h"

namespace sluice {

struct SelfAttentionOptions {
  int embed_dim = 1;    ///< E, size of a step in and out
  int num_heads = 1;    ///< parts of E that look by themselves; they divide it
  bool causal = false;  ///< a step sees none after it
  bool bias = true;
};

/// y = W_o · heads(softmax(q kᵀ / √d) v) + b_o with [q; k; v] = W x + b, for x [B,T,E] (Vaswani et
/// al. 2017). Names and shapes are those of PyTorch's nn.MultiheadAttention: in_proj_weight
/// [3·E,E], in_proj_bias [3·E], out_proj.weight [E,E], out_proj.bias [E]; the biases start from 0.
/// No step looks at padding, which comes out as zeros.
class SelfAttention : public Composite {
 public:
  /// Throws Error "layer.size" where the heads do not divide the size.
  SelfAttention(const SelfAttentionOptions& options, Generator& generator);
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  /// The same, and into `weights` who looked at whom: [B,heads,T,T].
  Variable run(const Variable& x, const Padding& padding, Tensor* weights);

 private:
  SelfAttentionOptions options_;
  Linear out_;
  Variable weight_, bias_;
};

}  // namespace sluice
