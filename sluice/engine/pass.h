// One direction of one layer over a whole batch: memory, slices and threads around the time loop.
#pragma once

#include "sluice/autograd/variable.h"
#include "sluice/engine/cell_layout.h"
#include "sluice/engine/row_plan.h"
#include "sluice/engine/segment_plan.h"
#include "sluice/engine/sequence_loop.h"
#include "sluice/tensor/tensor.h"

namespace sluice {

/// The parameters of one direction of one layer, in packed layout.
struct Direction {
  CellLayout layout;
  CellSwitches switches;
  bool reverse;
  Variable weights;                  ///< input, hidden and message parts, one after the other
  Variable bias_input, bias_hidden;  ///< undefined where the layer has none
  Variable projection;               ///< packed (see projection.h); undefined: none
  Variable units;                    ///< [groups][parameters][lanes]; undefined: none
  Variable affine;              ///< of norms: [groups][normed][gain, shift][lanes]; undefined: none
  unsigned units_left_out = 0;  ///< a bit for each that stays 0 and is no parameter

  bool units_all_left_out() const { return units_left_out + 1 == 1u << layout.units; }

  /// The parameters there are, by weights, biases and per-unit ones.
  template <class F>
  void for_each_parameter(F&& f) const {
    for (const Variable* v : {&weights, &bias_input, &bias_hidden})
      if (v->defined()) f(*v);
    if (projection.defined()) f(projection);
    if (units.defined() && !units_all_left_out()) f(units);
    if (affine.defined()) f(affine);
  }
};

/// A [T,B,width] or [B,T,width] tensor, or some columns of one. Or rows in the order of a ragged
/// plan, [slice][own step][row][width], as the loops of stacked layers hand them on.
struct SequenceView {
  Tensor tensor;
  bool batch_first = false;
  int first_column = 0, columns = 0;
  bool own_lanes = false;  ///< what stands behind its columns in a row belongs to no other view
  bool sorted = false;     ///< in a plan's order, where padding has no place

  SequenceView() = default;
  SequenceView(Tensor t, bool batch_first_)
      : tensor(std::move(t)),
        batch_first(batch_first_),
        columns(static_cast<int>(tensor.size(-1))) {}
  SequenceView part(int first, int count) const;

  bool defined() const { return tensor.defined(); }
  int steps() const { return static_cast<int>(tensor.size(batch_first ? 1 : 0)); }
  int batch() const { return static_cast<int>(tensor.size(batch_first ? 0 : 1)); }
  ptrdiff_t row_stride() const { return tensor.size(-1) * (batch_first ? tensor.size(1) : 1); }
  ptrdiff_t step_stride() const { return tensor.size(-1) * (batch_first ? 1 : tensor.size(1)); }
  /// at(time, row) with the strides looked up once.
  template <class T>
  struct Rows {
    T* first;
    ptrdiff_t step, row;
    T* at(int time, int r) const { return first + time * step + r * row; }
  };
  template <class T>
  Rows<T> rows() {
    return {at<T>(0, 0), step_stride(), row_stride()};
  }
  template <class T>
  Rows<const T> rows() const {
    return {at<T>(0, 0), step_stride(), row_stride()};
  }
  ptrdiff_t offset(int time, int row) const {
    return time * step_stride() + row * row_stride() + first_column;
  }
  template <class T>
  T* at(int time, int row) {
    return tensor.data<T>() + offset(time, row);
  }
  template <class T>
  const T* at(int time, int row) const {
    return tensor.data<T>() + offset(time, row);
  }
};

/// What the time loop fills for each step and going back reads, for some steps of each slice.
struct LoopMemory {
  bool remembers = false;  ///< or what a step fills is reused by the next
  bool keeps = false;      ///< the same of the states: the output may be made of every step's
  int64_t steps = 1;
  int64_t kept() const { return remembers ? steps : 1; }
  Tensor h;                  ///< [slice][step][row][padded], where y itself cannot serve
  Tensor state[max_states];  ///< [slice][step + 1][group][row][lanes]
  /// [slice][step][row][padded] by number among all values; undefined: y's own memory.
  Tensor output[max_values];
  Tensor z, message[max_messages];
  Tensor below_tail;                ///< [slice][memory][row][lanes], see sequence_below.h
  Tensor record;                    ///< see SequenceTask
  Tensor full;                      ///< [slice][step][row][padded] what the cell gave a projection
  Tensor source;                    ///< [slice][row or copy, row][padded], where dropout masks h
  Tensor x_copies;                  ///< [slice][gate, row][input_size], where it masks x by gate
  Tensor normed, scale, norm_room;  ///< see SequenceTask
};

/// What a forward pass leaves behind for its backward pass.
struct PassMemory {
  SequenceView x, y;
  RowPlan plan;
  bool units = false;  ///< threads share the units, not the rows
  bool zero_first = true;
  bool hold = false;      ///< padding holds the state: h before the first step, the last h after
  SequenceView sorted_x;  ///< of ragged batches: x, unless it is given so
  Tensor first;           ///< [row][padded] hidden state before the first step
  Tensor start;
  LoopMemory loop;
  MaskRule rule;
  Tensor weights;   ///< packed, where dropout masks the recurrent matrix
  int segment = 0;  ///< least steps of a segment (see segment_plan.h); 0: all are kept
  SegmentPlan segments;
  Tensor border_h, border_state[max_states];  ///< [slice][segment][row], see SegmentBorders
};

/// Slices that a layer's pass cuts a batch into.
int slices_of(const CellLayout& layout, int batch, int steps, bool remember);

/// Room for the forward loop's products, each task's threads' one after the other.
template <class T>
class ForwardRoom {
 public:
  void give(const CellLayout& layout, int threads, PoolArray<SequenceTask<T>>& tasks);

 private:
  PoolArray<PanelTask<T>> panel_tasks_;
  PoolArray<Segment<T>> segments_;
  PoolArray<PointwiseTask<T>> pointwise_;
};

/// One direction's forward pass over the x of its memory. Writes y's columns if y is defined.
template <class T>
class ForwardPass {
 public:
  /// `first[k]` ([B,H], state k) may be null: zeros. `remember` keeps what backward needs.
  ForwardPass(const Direction& direction, PassMemory& memory, const Padding& padding,
              const T* const* first, bool remember);
  void run();
  /// The time loop's task where there is just one and one thread to run it: it may join a wave.
  SequenceTask<T>* only_task();
  /// After the loop: each row's last states to last[k] ([B,H]; null: not wanted), and y.
  void finish(T* const* last);

 private:
  void give_rows();

  const Direction& direction_;
  PassMemory& memory_;
  PoolArray<ptrdiff_t> y_rows_;  // of y in the batch's order, where the loop writes it
  PoolArray<StepMasks<T>> masks_;
  Tensor mask_room_;
  PoolArray<SequenceTask<T>> tasks_;
  ForwardRoom<T> room_;
};

/// What arrives at a pass and what is wanted of it.
template <class T>
struct PassGradients {
  SequenceView dy;                  ///< undefined: none
  const T* dlast[max_states] = {};  ///< [B,H] of the last states; null: none
  SequenceView dx;                  ///< written; undefined: not wanted
  T* dfirst[max_states] = {};       ///< written; null: not wanted
};

/// The backward pass of the same direction; adds to the gradients of its weights and biases.
template <class T>
class BackwardPass {
 public:
  BackwardPass(const Direction& direction, const PassMemory& memory,
               const PassGradients<T>& gradients);
  void run();
  SequenceTask<T>* only_task();
  void finish();

 private:
  void make_room();
  void gather_outputs();
  int64_t owed_rows() const;
  void make_projection_room();
  void make_gate_room();
  void add_held();
  void load_last();
  void transpose(const SequenceTask<T>& task);
  void complete(SequenceTask<T>& task, int slice);
  void complete_input(SequenceTask<T>& task, int slice);
  void collect();
  void collect_units();
  void collect_norms();
  void collect_weights();
  void add_bias(bool input_side, const T* from, T* to) const;
  void store_first();
  const LoopMemory& loop() const;
  bool dy_padded() const;
  bool direct() const;  ///< one slice adds straight to the gradients; frozen weights have none

  const Direction& direction_;
  const PassMemory& memory_;
  PassGradients<T> gradients_;
  LoopMemory again_;    // of a segment that is run forward again
  SegmentPlan pieces_;  // of the steps, where the gates' gradients have room for some of them only
  PoolArray<SequenceTask<T>> forward_tasks_;
  ForwardRoom<T> forward_room_;
  PoolArray<ptrdiff_t> dy_rows_;  // of dy in the batch's order, where the loop reads it
  SequenceView sorted_dx_;        // what the loop writes, where dx is in the batch's order
  Tensor dy_, dz_, dh_, dstate_[max_states], dmessage_[max_messages], dx_tail_, dx_copy_,
      dbelow_tail_, dweights_, dstart_, dunits_, daffine_, source_, dsource_, x_copies_, dfull_,
      dprojected_, dprojection_, projection_transposed_;
  Tensor transposed_[max_parts];
  PoolArray<StepMasks<T>> masks_;
  Tensor mask_room_;
  PoolArray<SequenceTask<T>> tasks_;
  PoolArray<PanelTask<T>> panel_tasks_;
  PoolArray<Segment<T>> segments_;
  PoolArray<PointwiseTask<T>> pointwise_;
};

}  // namespace sluice
