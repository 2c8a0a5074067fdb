// Attention: which steps of a source a query looks at.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/layers/composite.h"

namespace sluice {

/// A source as attention keeps it, worked out once for all queries.
struct AttentionMemory {
  Variable values;           ///< [B,S,K], zeros in the padding
  Variable keys;             ///< [B,S,·], what scores are made with
  Tensor allowed;            ///< [B,S] 1 for true steps; undefined: all are
  std::vector<int> lengths;  ///< [B] true steps
};

struct Attended {
  Variable context;  ///< [B,K] = Σ_s weights[b,s] · values[b,s]
  Variable weights;  ///< [B,S], 0 in the padding
};

/// What every kind of attention with one query at a time can do.
class Attention : public Composite {
 public:
  /// values [B,S,K]; the padding of ragged rows may hold NaN.
  AttentionMemory remember(const Variable& values, const Padding& padding = {}) const;
  /// query [B,Q]; `step` is its number among the queries, from 0.
  virtual Attended attend(const Variable& query, const AttentionMemory& memory,
                          int step = 0) const = 0;

  /// A sequence looked at by its own last true step: [B,T,I] -> [B,I], the context.
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 protected:
  virtual Variable keys_of(const Variable& values) const { return values; }
};

/// softmax of the scores [B,S] over the true steps, and the context that they weigh.
Attended attended(const Variable& scores, const AttentionMemory& memory);
/// Σ_s weights[b,s] · values[b,s]
Variable context_of(const Variable& weights, const Variable& values);

struct AdditiveAttentionOptions {
  int query_size = 1, key_size = 1;
  int attention_size = 32;  ///< A
};

/// score = v · tanh(W query + U value) (Bahdanau et al. 2015). U value is worked out once a source.
/// Parameters: query_weight [A,Q], key_weight [A,K], v [A], from U(±1/√fan_in).
class AdditiveAttention : public Attention {
 public:
  /// Throws Error "layer.size" for sizes that are not positive.
  AdditiveAttention(const AdditiveAttentionOptions& options, Generator& generator);
  Attended attend(const Variable& query, const AttentionMemory& memory,
                  int step = 0) const override;

 protected:
  Variable keys_of(const Variable& values) const override;

 private:
  Variable query_weight_, key_weight_, v_;
};

}  // namespace sluice
