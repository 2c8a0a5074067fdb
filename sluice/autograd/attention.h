// Attention's own operations: the additive score, and scaled dot products in heads.
#pragma once

#include "sluice/autograd/variable.h"

namespace sluice {

/// score[b,s] = Σ_a v[a] · tanh(query[b,a] + keys[b,s,a]) (Bahdanau et al. 2015): query [B,A], keys
/// [B,S,A], v [A] -> [B,S]. Throws Error "autograd.attention" where the shapes do not fit.
Variable additive_scores(const Variable& query, const Variable& keys, const Variable& v);

/// Which keys a query may look at.
struct AttentionMask {
  Tensor allowed = {};  ///< [B,S] 1 for keys that are there; undefined: all
  bool causal = false;  ///< query t sees the keys up to its own, 0 … t
};

/// softmax(q kᵀ / √d) v in each of `heads` parts of width d = E / heads (Vaswani et al. 2017): q
/// [B,T,E], k and v [B,S,E] -> [B,T,E]. A query that may look at nothing gets zeros. `weights`,
/// where given, becomes the softmax [B,heads,T,S]. Throws Error "autograd.attention" where the
/// shapes do not fit.
Variable scaled_dot_attention(const Variable& q, const Variable& k, const Variable& v, int heads,
                              const AttentionMask& mask = {}, Tensor* weights = nullptr);
/// The same of a sequence over itself, its queries, keys and values beside each other: packed
/// [B,T,3E] -> [B,T,E].
Variable scaled_dot_attention(const Variable& packed, int heads, const AttentionMask& mask = {},
                              Tensor* weights = nullptr);

}  // namespace sluice
