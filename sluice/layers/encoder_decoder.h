// Sequence to sequence: a recurrent encoder, a recurrent decoder, attention between them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/layers/attention.h"
#include "sluice/layers/embedding.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

struct EncoderDecoderOptions {
  int source_symbols = 2, target_symbols = 2;
  int embedding_dim = 32;
  std::string cell = "lstm";
  int hidden_size = 64, num_layers = 1;
  /// How the encoder reads: reverse is the reversed source of Sutskever et al. 2014; both is read
  /// through a dense layer for each state into the decoder's first one.
  DirectionOf encoder_direction = DirectionOf::forward;
  /// none; additive (Bahdanau: looks before the step, the context goes in and to the output); or
  /// dot, general, concat (Luong: looks after the step).
  std::string attention = "none";
  int attention_size = 0;     ///< of additive and concat; 0: hidden_size
  bool input_feeding = true;  ///< Luong: what the last step made goes into the next
  int start_symbol = 0;       ///< goes into the first step
  int end_symbol = -1;        ///< ends a decoded sequence; −1: none does
  int padding_symbol = -1;    ///< stands behind short sources in what forward() takes; −1: none
  /// Steps of a source in what forward() takes; the rest are targets.
  int source_steps = 1;
};

/// Where a decoder stands.
struct DecoderState {
  RecurrentState cells;
  Variable fed;  ///< [B,H] Luong's attentional vector of the last step; undefined: zeros
  int step = 0;
};

struct EncodedSource {
  DecoderState state;
  AttentionMemory memory;  ///< empty without attention
  int64_t batch = 0;
};

struct DecoderStep {
  Variable logits;   ///< [B,V] before the softmax
  Variable weights;  ///< [B,S] of the attention; undefined without one
};

struct DecodedTargets {
  Variable logits;   ///< [B,T,V]
  Variable weights;  ///< [B,T,S]; undefined without attention
};

/// One decoded sequence.
struct Hypothesis {
  std::vector<int> symbols;                 ///< the end symbol not among them
  double log_probability = 0;               ///< of the symbols, and of the end where there is one
  std::vector<std::vector<float>> weights;  ///< of the attention, a row for each step
  bool ended = false;                       ///< whether the end symbol came
};

struct BeamOptions {
  int width = 4;
  int max_steps = 100;
  /// The hypotheses are ranked by log p / ((5 + steps) / 6)^length_penalty (Wu et al. 2016); 0: by
  /// log p.
  double length_penalty = 0;
};

/// Symbols in, symbols out (Sutskever et al. 2014; Bahdanau et al. 2015; Luong et al. 2015).
/// Without attention the decoder starts from the encoder's last state and that is all; with one it
/// looks at all of the encoder's outputs, save those of padding. After Luong's look h̃ = tanh(W [c;
/// h]) goes to the output.
class EncoderDecoder : public Composite {
 public:
  /// Throws Error "layer.size" for sizes that are not positive, "config.choice" for an attention
  /// that does not exist.
  EncoderDecoder(const EncoderDecoderOptions& options, Generator& generator);

  /// source [B,S], with lengths where rows are shorter.
  EncodedSource encode(const Tensor& source, const Padding& padding = {});
  /// One step for the symbols [B] that came before; moves the state on.
  DecoderStep step(const Tensor& symbols, DecoderState& state, const AttentionMemory& memory);
  /// Logits of targets [B,T], each step being told the symbol before it; while training, with the
  /// probability of teacher_forcing(), and else the one that the model found likeliest
  /// (scheduled sampling, Bengio et al. 2015).
  DecodedTargets teach(const Tensor& source, const Tensor& targets, const Padding& padding = {});

  /// The likeliest symbol at every step, row by row until the end symbol.
  std::vector<Hypothesis> greedy(const Tensor& source, int max_steps, const Padding& padding = {});
  /// Of each row the best hypotheses of a beam search, the best one first.
  std::vector<std::vector<Hypothesis>> beam(const Tensor& source, const BeamOptions& options,
                                            const Padding& padding = {});

  /// For trainers: x [B,source_steps + T] holds sources and targets, the result is teach()'s logits
  /// [B,T,V]. Sources end before trailing padding symbols; `padding` is the targets' business.
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  void set_mask_key(MaskKey& key) override;

  /// Probability of the true symbol, in [0, 1]; 1 at first. Throws Error "layer.teacher_forcing".
  void set_teacher_forcing(double probability);
  double teacher_forcing() const { return teacher_forcing_; }
  const EncoderDecoderOptions& options() const { return options_; }

 private:
  bool luong() const { return attention_ && options_.attention != "additive"; }
  void add_attention(Generator& generator);
  RecurrentState bridged(const RecurrentState& state) const;
  DecodedTargets teach_at_once(const EncodedSource& encoded, const Tensor& targets);
  Tensor next_inputs(const Tensor& truth, const Variable& logits, Generator& coins) const;
  std::vector<Hypothesis> beam_of_row(const EncodedSource& row, const BeamOptions& options);

  EncoderDecoderOptions options_;
  Embedding source_embedding_, target_embedding_;
  Recurrent encoder_, decoder_;
  Linear head_;
  std::unique_ptr<Attention> attention_;
  std::unique_ptr<Linear> combine_;               // of Luong's context and h
  std::vector<std::unique_ptr<Linear>> bridges_;  // one a state, where the encoder reads both ways
  double teacher_forcing_ = 1;
  MaskKey key_;
  uint32_t passes_ = 0;  // with this key
};

/// How the probability of the true symbol falls with the updates (Bengio et al. 2015): "linear"
/// max(0, 1 − i / k), "exponential" k^i with k < 1, "inverse_sigmoid" k / (k + e^(i/k)).
/// Throws Error "config.choice" for another name.
double scheduled_sampling(const std::string& name, double k, int64_t update);

}  // namespace sluice
