// Attention over the places of a picture or a sequence, soft and hard (Xu et al. 2015).
#pragma once

#include "sluice/layers/attention.h"

namespace sluice {

struct XuAttentionOptions {
  int query_size = 1, key_size = 1;
  int attention_size = 32;  ///< A
  bool gate = true;         ///< whether a number from the query says how much the context counts
};

/// What hard attention drew, and what its training needs.
struct HardAttended {
  Variable context;          ///< [B,K] the value of the chosen step, gated
  Variable weights;          ///< [B,S] the probabilities it was drawn from
  std::vector<int> chosen;   ///< [B] the step, −1 where the row took the expectation
  Variable log_probability;  ///< [B] of what was chosen; 0 for an expectation
  Variable entropy;          ///< [B] −Σ p log p
};

/// score = v · tanh(U value + W query + b), weights = softmax over the true steps; the context is
/// β Σ_s weights[s] · value[s] with β = sigmoid(w_β · query + b_β), or without gate β = 1.
/// Parameters: query_weight [A,Q], key_weight [A,K], bias [A], v [A], gate_weight [1,Q], gate_bias
/// [1].
class XuAttention : public Attention {
 public:
  /// Throws Error "layer.size" for sizes that are not positive.
  XuAttention(const XuAttentionOptions& options, Generator& generator);
  /// Soft attention.
  Attended attend(const Variable& query, const AttentionMemory& memory,
                  int step = 0) const override;
  /// Hard attention: one step of the source a row, drawn from the weights; a row takes the
  /// expectation instead with probability `expectation` (the paper: ½, which lowers the variance).
  HardAttended attend_hard(const Variable& query, const AttentionMemory& memory,
                           Generator& generator, double expectation = 0.5) const;

 protected:
  Variable keys_of(const Variable& values) const override;

 private:
  Variable weights_of(const Variable& query, const AttentionMemory& memory) const;
  Variable gated(const Variable& context, const Variable& query) const;

  XuAttentionOptions options_;
  Variable query_weight_, key_weight_, bias_, v_, gate_weight_, gate_bias_;
};

/// strength · mean over the batch of Σ_s (1 − Σ_t weights[b,t,s])²: every place of the source
/// should be looked at once in all. weights [B,T,S]; places of padding do not count.
Variable doubly_stochastic_penalty(const Variable& weights, double strength,
                                   const AttentionMemory& memory);

/// The loss of hard attention (REINFORCE): its gradient is that of the expected log likelihood,
/// held steady by a running mean of it.
class HardAttentionLoss {
 public:
  /// Weights of the log probability of the choices and of the entropy, against the log
  /// likelihood's 1.
  HardAttentionLoss(double choice_weight = 1, double entropy_weight = 0.002)
      : choice_weight_(choice_weight), entropy_weight_(entropy_weight) {}

  /// Mean over the batch of −(log p + choice_weight · (log p − baseline) · log π + entropy_weight ·
  /// H), with log p [B] of the targets, log π [B] and H [B] summed over the choices of a row. The
  /// factor log p − baseline is a constant. Then baseline becomes 0.9 · baseline + 0.1 · mean log
  /// p.
  Variable operator()(const Variable& log_likelihood, const Variable& log_probability,
                      const Variable& entropy);
  double baseline() const { return baseline_; }

 private:
  double choice_weight_, entropy_weight_, baseline_ = 0;
};

}  // namespace sluice
