// The only time loop: one direction of one layer, over the rows of one slice, any cell.
#pragma once

#include <cstddef>

#include "sluice/base/team.h"
#include "sluice/engine/cell_layout.h"
#include "sluice/engine/step_masks.h"

namespace sluice {

/// Where everything lies. Step s of a row is its own s-th step in the order of processing; rows are
/// sorted so that those still running at a step come first.
template <class T>
struct SequenceTask {
  const CellLayout* layout;
  const PanelKernels<T>* panels;
  const CellKernel<T>* kernel;
  CellSwitches switches;

  int steps, rows;
  int first_step;     ///< of the whole sequence's own steps: masks and clocks count from its start
  const int* active;  ///< [steps] rows still running; null: all of them

  const T* weights[max_parts];  ///< packed, by Part
  const T* start;               ///< [groups][gates][lanes] bias every chain starts from
  const T* units;               ///< [groups][parameters][lanes]
  const T* affine;              ///< [groups][normed][gain, shift][lanes]
  const T*
      transposed[max_parts];  ///< backward only; input part only if dx is wanted, of many columns

  const T* x;  ///< step s, row r at x + s * x_step + r * x_row
  ptrdiff_t x_step, x_row;
  T* below_tail;  ///< [memories][rows][lanes], see sequence_below.h
  /// [gates][rows][input_size] a step of x as each gate reads it, masked; null: all read x.
  /// Backward the rows of all steps whose weights are owed their gradients, one step after the
  /// other.
  T* x_copies;
  ptrdiff_t x_gate;  ///< from one gate's copy to the next gate's; 0: none

  const T* projection;             ///< packed, where the layer has one (see projection.h)
  const T* projection_transposed;  ///< backward only
  T* full;                         ///< [steps][rows][padded] what the cell gave it
  ptrdiff_t full_step;             ///< 0: reused

  T* h;  ///< hidden state after step s; rows padded to whole vectors
  ptrdiff_t h_step, h_row;
  int h_period;      ///< steps kept: `steps`, or 2 where nothing is remembered
  const T* h_first;  ///< [rows][padded] before the first step; never null
  ptrdiff_t h_first_row;
  bool zero_first;  ///< h_first is all zeros: its products are skipped
  /// Other states: [steps + 1][groups][rows][lanes], index 0 unused.
  T* state[max_states];
  ptrdiff_t state_step;  ///< 0: updated in place
  /// What a step gives besides states, by number among all values; nothing reads it back.
  struct Output {
    T* first;
    ptrdiff_t step, row;  ///< step 0: reused
  } output[max_values];
  T* z;                      ///< [steps][groups][rows][slots][lanes]
  ptrdiff_t z_step;          ///< 0: reused
  T* record;                 ///< [steps][groups][rows][record][lanes], where it is not in z
  ptrdiff_t record_step;     ///< 0: reused
  T* message[max_messages];  ///< [steps][rows][padded]
  ptrdiff_t message_step;    ///< 0: reused
  T* normed;                 ///< [steps][groups][rows][normed][lanes] before gain and shift
  ptrdiff_t normed_step;     ///< 0: reused
  T* scale;                  ///< [steps][norms][rows]
  ptrdiff_t scale_step;      ///< 0: reused
  T* norm_room;              ///< [norms][2][rows]
  StepMasks<T>* masks;       ///< null: none
  /// [rows][padded] h before a step, masked; null: h itself. Where masks are untied
  /// [copies][rows][padded] what each gate reads, of h or of a message. Backward the rows of all
  /// steps whose weights are owed their gradients, one step after the other.
  T* source;
  ptrdiff_t source_copy;  ///< from one gate's to the next gate's; 0: one for all

  /// Where h goes besides, a step while it is in the cache: [rows] of the batch; null: nowhere.
  T* y;
  ptrdiff_t y_step;
  const ptrdiff_t* y_rows;
  bool y_past_caches;

  // Backward.
  const T* dy;  ///< gradient of h after each step; null: none
  ptrdiff_t dy_step, dy_row;
  const ptrdiff_t* dy_rows;   ///< [rows] where each begins; null: dy_row apart
  ptrdiff_t dy_value;         ///< from one of the values that make the output to the next
  T* dh;                      ///< [rows][padded] enters as the gradient of each row's last h
  T* dstate[max_states];      ///< [groups][rows][lanes] enters as that of the last other states
  T* dmessage[max_messages];  ///< [rows][padded]
  T* dfull;                   ///< [rows][padded], where there is a projection
  T* dprojected;              ///< [steps][rows][out_padded] gradient of h
  T* dprojection;             ///< packed, added to
  T* dsource;                 ///< [masked_rows][padded], where there is a source
  bool need_first;            ///< whether the gradient of h_first is wanted (left in dh)
  T* dx_copy;                 ///< copy_room() numbers for each thread, where gates read copies
  T* dx;                      ///< null: not wanted; every element is written
  ptrdiff_t dx_step, dx_row;
  int dx_columns;          ///< columns of dx that may be written, input_size or more
  T* dbelow_tail;          ///< as below_tail
  T* dx_tail;              ///< tail_room() numbers for each thread: dx's last, partial vectors
  T* dweights[max_parts];  ///< packed, added to
  bool overwrite;          ///< or written, whatever they hold
  T* dstart;               ///< [groups][gates][lanes], added to
  T* dunits;               ///< [groups][parameters][lanes], added to
  T* daffine;              ///< [groups][normed][gain, shift][lanes], added to

  // Room for each thread: of tasks and twice as many segments task_room() forward, and backward
  // block_room() tasks with segment_room() segments each; of pointwise tasks one a group.
  Segment<T>* segments;
  PanelTask<T>* tasks;
  PointwiseTask<T>* pointwise;
};

/// Tasks of a forward loop: every panel of every group.
inline ptrdiff_t task_room(const CellLayout& layout) {
  size_t panels = 0;
  for (const Columns& columns : layout.columns) panels += columns.panels.size();
  return layout.groups * static_cast<ptrdiff_t>(panels);
}
/// Segments of one transposed product: one a group, the last group's gates each on their own; or
/// one a panel (few_inputs()).
inline ptrdiff_t segment_room(const CellLayout& layout) {
  const size_t panels = layout.part(Part::input).panels.size();
  return layout.groups * static_cast<ptrdiff_t>(panels) + max_gates;
}
/// Whether dx has so few columns that it is made of dot products with the weights as they lie.
inline bool few_inputs(const CellLayout& layout) { return layout.input_size <= layout.lanes / 2; }
/// The input in whole vectors.
inline int whole_input(const CellLayout& layout) {
  return (layout.input_size + layout.lanes - 1) / layout.lanes * layout.lanes;
}
/// Transposed products of a step: every output block of every part, or of every gate.
inline ptrdiff_t block_room(const CellLayout& layout) {
  const size_t blocks =
      (1 + layout.messages) * layout.hidden_blocks.size() + layout.input_blocks.size();
  return static_cast<ptrdiff_t>(blocks) * (layout.separate_gates ? layout.gates : 1);
}
/// Rows of dx that go by way of dx_tail at once, and the numbers of that room.
constexpr int tail_rows = 64;
inline ptrdiff_t tail_room(const CellLayout& layout) {
  return ptrdiff_t{tail_rows} * max_panel_vectors * layout.lanes;
}

/// Rows whose copies are made one after another, or their gradients summed: what is read and
/// written more than once stays in the caches meanwhile. And the numbers of that room for dx.
constexpr int masked_rows = 32;
inline ptrdiff_t copy_room(const CellLayout& layout) {
  return ptrdiff_t{masked_rows} * whole_input(layout);
}

/// Which part of the units a thread owns: blocks of the hidden part's outputs; of the cell's units,
/// and the groups in them. Without a projection those are the same.
struct Share {
  int first_block, last_block;
  int first_unit_block, last_unit_block, first_group, last_group;
  int thread, team;
};
/// Thread `thread` of `team`'s share; whole blocks, so the sums do not depend on the team.
Share share_of(const CellLayout& layout, int thread, int team);

template <class T>
void run_forward(const SequenceTask<T>& task, const Share& share, Barrier& barrier);
template <class T>
void run_backward(const SequenceTask<T>& task, const Share& share, Barrier& barrier);

/// Layers of one stack, the lowest first, each a step behind the one it reads: for rows so few that
/// a step is one chain of waits, the layers' chains overlap. Same bits as one after the other.
constexpr int most_wave = 4;
template <class T>
void run_forward_wave(SequenceTask<T>* const* tasks, int count);
template <class T>
void run_backward_wave(SequenceTask<T>* const* tasks, int count);

}  // namespace sluice
