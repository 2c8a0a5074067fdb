// One call of an mLSTM: the projections as products over all true steps, rows and heads shared
// among the threads between them.
#pragma once

#include "sluice/engine/row_plan.h"
#include "sluice/layers/mlstm.h"

namespace sluice {

/// Parameters as the products read them.
struct Mlstm::Body {
  MlstmOptions options;
  DType dtype = DType::f32;
  Variable weight;       ///< [3·H or 4·H, I]: q, k, v, the output gate
  Variable bias;         ///< the same without I; undefined: none
  Variable gate_weight;  ///< [2·heads, 3·H]: input gates, forget gates
  Variable gate_bias;    ///< [2·heads]

  int64_t head_size() const { return options.hidden_size / options.heads; }
  int64_t projected_size() const {
    return int64_t{options.output_gate ? 4 : 3} * options.hidden_size;
  }
};

/// Tensors of a state, or their gradients; undefined ones are zeros, or not wanted.
struct MlstmTensors {
  Tensor memory, normalizer, stabilizer;
};

/// What forward leaves for backward, N true steps in the order of the plan's rows. The memories
/// themselves are kept every √T steps and made again between: B·√T·H·d numbers instead of B·T·H·d.
struct MlstmTrace {
  RowPlan plan;
  PoolArray<int64_t> first;  ///< [B] where the row at a position begins
  int64_t count = 0;         ///< N
  int segment = 1;
  Tensor x;            ///< [N,I]; x itself where its rows stand like that
  Tensor projected;    ///< [N,3·H or 4·H]
  Tensor gates;        ///< [N,2·heads]
  Tensor scales;       ///< [N,heads,3]
  Tensor hidden;       ///< [N,H]
  Tensor checkpoints;  ///< [positions · segments][heads][d + 1][d in whole vectors]
};

struct MlstmGradients {
  Tensor output;       ///< as the output; undefined: none
  MlstmTensors last;   ///< of the state after the sequence; undefined: none
  MlstmTensors first;  ///< of the given state, written where defined
};

/// Runs the sequence; without `remember` the trace is of no further use.
template <class T>
Tensor forward_mlstm(const Mlstm::Body& body, const Tensor& x, const MlstmTensors& first,
                     const Padding& padding, bool remember, MlstmTrace& trace, MlstmTensors& last);

/// Adds to the gradients of the body's parameters, and of x where it requires one.
template <class T>
void backward_mlstm(const Mlstm::Body& body, const MlstmTrace& trace, const Variable& x,
                    const MlstmGradients& gradients);

}  // namespace sluice
