// Luong's scores, over the whole source or over a window of it.
#pragma once

#include "sluice/layers/attention.h"

namespace sluice {

enum class LuongScore { dot, general, concat };
/// Where a query may look: everywhere; around the step of its own number (monotonic, local-m);
/// around a place that it predicts (local-p).
enum class LuongWindow { global, monotonic, predictive };

struct LuongAttentionOptions {
  int query_size = 1, key_size = 1;
  LuongScore score = LuongScore::general;
  LuongWindow window = LuongWindow::global;
  int half_width = 10;     ///< D: a window is the steps within D of its centre
  int attention_size = 0;  ///< of concat and of the predicted place; 0: query_size
};

/// Luong et al. 2015. The scores of a query q and a value k:
///   dot      q · k, where both have one size
///   general  q · W k, weight [Q,K]
///   concat   v · tanh(W [q; k]), query_weight [A,Q] and key_weight [A,K] being the halves of W, v
///   [A]
/// Their softmax runs over the window. The predicted centre of a row of S steps is
///   p = S · sigmoid(v_p · tanh(W_p q)), position_weight [A,Q] and position_v [A],
/// and the weights are then multiplied by exp(−(s − p)² / (2 σ²)), σ = D / 2, without being
/// normalised again, as in the paper. Steps s are counted from 0; gradients flow through p, not
/// through which steps lie in the window.
class LuongAttention : public Attention {
 public:
  /// Throws Error "layer.size" for sizes that are not positive, or two sizes under dot.
  LuongAttention(const LuongAttentionOptions& options, Generator& generator);
  Attended attend(const Variable& query, const AttentionMemory& memory,
                  int step = 0) const override;

 protected:
  Variable keys_of(const Variable& values) const override;

 private:
  Variable scores(const Variable& query, const Variable& keys) const;
  Variable predicted_centre(const Variable& query, const std::vector<int>& lengths) const;

  LuongAttentionOptions options_;
  Variable weight_, query_weight_, key_weight_, v_, position_weight_, position_v_;
};

}  // namespace sluice
