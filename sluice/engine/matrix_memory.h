// The time loop of the mLSTM: one row of a batch through the matrix memory of one head. A memory
// is held as [d + 1][width]: the rows of C [d,d], then n [d], each padded to whole vectors.
#pragma once

#include <cstdint>

namespace sluice {

/// What a step multiplies the memory and its own k vᵀ by, and the exponent taken out of both.
template <class T>
struct StepScale {
  T forget, input, stabilizer;
};

/// One row of the batch in one head. The pointers are to the head's own numbers of the first step.
template <class T>
struct HeadSequence {
  int64_t steps = 0;
  int64_t size = 0, width = 0;  ///< d, and d in whole vectors
  int64_t hidden_size = 0, heads = 0;
  bool output_gate = false;
  T* projected = nullptr;          ///< [steps][q, k, v and o][H]; forward puts sigmoid(o) for o
  const T* gates = nullptr;        ///< [steps][input, forget][heads]: before exp and sigmoid
  StepScale<T>* scales = nullptr;  ///< [steps][heads], written by forward; null: not kept
  T* hidden = nullptr;             ///< [steps][H], h before the output gate; null: not kept
  T* output = nullptr;             ///< [steps] lines, `output_stride` apart
  int64_t output_stride = 0;       ///< 0: the last step's line stays
  int64_t segment = 1;             ///< steps from one checkpoint to the next
  T* checkpoints = nullptr;        ///< [segments][d + 1][width]; null: none are kept
  T* memory = nullptr;             ///< [d + 1][width] before the first step, then after the last
  T stabilizer = 0;                ///< m before the first step, then after the last
  T* scratch = nullptr;            ///< forward_room() or backward_room() numbers

  int64_t projected_stride() const { return (output_gate ? 4 : 3) * hidden_size; }
  int64_t memory_size() const { return (size + 1) * width; }
  static constexpr int64_t forward_vectors = 6, backward_vectors = 9;  ///< of scratch
  int64_t forward_room() const { return forward_vectors * width; }
  int64_t backward_room() const { return backward_vectors * width + (segment + 1) * memory_size(); }
};

/// What arrives at such a row and head, and what becomes of it.
template <class T>
struct HeadGradient {
  const T* output = nullptr;  ///< [steps] lines, `output_stride` apart; null: none
  int64_t output_stride = 0;  ///< 0: the last step has the only line
  T* projected = nullptr;  ///< written, in the layout of HeadSequence::projected; o before sigmoid
  T* gates = nullptr;      ///< written, in the layout of HeadSequence::gates
  T* memory = nullptr;     ///< [d + 1][width] of the memory after the last step, then the first
  T stabilizer = 0;        ///< likewise of m
};

/// d in whole vectors of this processor.
template <class T>
int64_t padded_head(int64_t size);

void run_head_forward(HeadSequence<float>& head);
void run_head_forward(HeadSequence<double>& head);
/// Backward reads what forward left in `projected`, `scales`, `hidden` and `checkpoints`.
void run_head_backward(const HeadSequence<float>& head, HeadGradient<float>& gradient);
void run_head_backward(const HeadSequence<double>& head, HeadGradient<double>& gradient);

}  // namespace sluice
