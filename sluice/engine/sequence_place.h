// Addresses within one task of the time loop.
#pragma once

#include "sluice/engine/sequence_loop.h"

namespace sluice {

/// Addresses of one task, so that the loops below read like the equations.
template <class T>
struct Place {
  const SequenceTask<T>& q;
  const CellLayout& layout;
  explicit Place(const SequenceTask<T>& task) : q(task), layout(*task.layout) {}

  int active(int s) const { return q.active ? q.active[s] : q.rows; }
  ptrdiff_t unit_row() const { return ptrdiff_t{layout.slots} * layout.lanes; }
  /// From one row of z to the next; a single row's steps may be the rows of one product.
  ptrdiff_t row_of_z() const { return q.rows == 1 ? q.z_step : unit_row(); }
  ptrdiff_t group_offset(int group) const { return ptrdiff_t{group} * q.rows * unit_row(); }
  T* z(int s, int group) const { return q.z + s * q.z_step + group_offset(group); }
  ptrdiff_t record_row() const { return ptrdiff_t{layout.record} * layout.lanes; }
  T* record(int s, int group) const {
    return q.record + s * q.record_step + ptrdiff_t{group} * q.rows * record_row();
  }
  /// Kept for every step, or for the last two (h_period 2): no division in a loop this short.
  T* h(int s) const { return q.h + (q.h_period == 2 ? s & 1 : s) * q.h_step; }
  const T* h_before(int s) const { return s == 0 ? q.h_first : h(s - 1); }
  ptrdiff_t h_before_row(int s) const { return s == 0 ? q.h_first_row : q.h_row; }
  T* full(int s) const { return q.full + s * q.full_step; }
  ptrdiff_t out_row() const { return layout.out_padded; }
  T* dprojected(int s) const { return q.dprojected + s * q.rows * out_row(); }
  const T* x(int s, int gate) const {
    return q.x_copies ? q.x_copies + gate * q.x_gate : q.x + s * q.x_step;
  }
  /// Memory k of the layer below, of all units, and its gradient.
  const T* x_below(int k, int s) const {
    return q.x + s * q.x_step + layout.input_size + ptrdiff_t{k} * layout.hidden_size;
  }
  T* dx_below(int k, int s) const {
    return q.dx + s * q.dx_step + layout.input_size + ptrdiff_t{k} * layout.hidden_size;
  }
  /// Whether a group's memories pass through the rooms of sequence_below.h.
  bool passes_tail(int group) const {
    return layout.below > 0 && layout.tail > 0 && group + 1 == layout.groups;
  }
  T* below_tail(T* all, int k) const { return all + ptrdiff_t{k} * q.rows * layout.lanes; }
  ptrdiff_t x_row() const { return q.x_copies ? layout.input_size : q.x_row; }
  /// Columns of dx that the loop may write: as many as it likes of a copy's.
  int dx_columns() const { return q.x_copies ? whole_input(layout) : q.dx_columns; }
  T* message(int k, int s) const { return q.message[k] + s * q.message_step; }
  /// What a gate's recurrent weights multiply: h or a message (tied masks strike that in place), or
  /// a masked copy.
  bool copies(Part part) const { return q.source && (part < Part::message || q.source_copy > 0); }
  const T* read(Part part, int s, int gate) const {
    if (copies(part)) return q.source + layout.copy_of(part, gate) * q.source_copy;
    return part < Part::message ? h_before(s) : message(message_of(part), s);
  }
  ptrdiff_t read_row(Part part, int s) const {
    return copies(part) || part >= Part::message ? layout.padded : h_before_row(s);
  }
  ptrdiff_t read_step(Part part) const {
    if (copies(part)) return layout.padded;
    return part < Part::message ? q.h_step : q.message_step;
  }
  /// Copies that a part's gates read, of x or of what the part multiplies: one for all, where
  /// copy_stride is 0, or one for each gate.
  ptrdiff_t copy_stride(Part part) const {
    return part == Part::input ? q.x_gate : copies(part) ? q.source_copy : 0;
  }
  /// Whether a part's transposed weights lie gate by gate: each gate's is a product of its own.
  bool by_gate(Part part) const { return copy_stride(layout.weights_of(part)) > 0; }
  Piece copies_of(Part part) const {
    const Columns& columns = layout.part(part);
    return {layout.copy_of(part, columns.first), copy_stride(part) > 0 ? columns.count : 1};
  }
  ptrdiff_t state_offset(int group) const { return ptrdiff_t{group} * q.rows * layout.lanes; }
  T* state(int k, int s, int group) const {
    return q.state[k] + s * q.state_step + state_offset(group);
  }
  bool moves(int s, int group) const { return !q.masks || q.masks->moves(group, s + q.first_step); }
  bool reads_hidden(int s) const { return s > 0 || !q.zero_first; }

  /// Packed weights of one panel.
  const T* panel(Part part, int group, int before) const {
    const ptrdiff_t depth = layout.depth(part);
    return q.weights[static_cast<int>(part)] + panel_offset(part, group, before, depth);
  }
  ptrdiff_t panel_offset(Part part, int group, int before, ptrdiff_t depth) const {
    return (ptrdiff_t{group} * layout.part(part).count + before) * layout.lanes * depth;
  }
  const T* bias(int group, int gate) const {
    return q.start + (ptrdiff_t{group} * layout.gates + gate) * layout.lanes;
  }

  /// What a gate's chain starts from: a normalised one gets its bias afterwards.
  const T* chain_start(int group, int gate) const {
    alignas(64) static constexpr T zeros[16] = {};
    return layout.is_normed(gate) ? zeros : bias(group, gate);
  }

  /// What the pointwise functions of a group need, forward and backward: what stays the same ...
  void prepare(PointwiseTask<T>& t, int group) const {
    t = PointwiseTask<T>{};
    t.z_stride = unit_row();
    t.record_stride = record_row();
    t.switches = q.switches;
    t.new_stride[0] = layout.projects() ? layout.padded : q.h_row;
    for (int k = 1; k < layout.states; ++k) t.old_stride[k] = layout.lanes;
    for (int k = 1; k < layout.states; ++k) t.new_stride[k] = layout.lanes;
    for (int k = layout.states; k < layout.values; ++k) t.new_stride[k] = q.output[k].row;
    t.message_stride = layout.padded;
    for (int k = 0; k < layout.below; ++k)
      t.below_stride[k] = passes_tail(group) ? layout.lanes : q.x_row;
    if (layout.units > 0) t.units = q.units + ptrdiff_t{group} * layout.units * layout.lanes;
    if (q.masks) prepare_masks(t, group);
  }
  void prepare_masks(PointwiseTask<T>& t, int group) const {
    const auto of_group = [&](const T* mask) {
      return mask ? mask + group * layout.lanes : nullptr;
    };
    t.update_mask = of_group(q.masks->update());
    t.cell_mask = of_group(q.masks->cell());
    t.mask_stride = layout.padded;
    for (int k = 0; k < layout.states; ++k) t.select[k] = of_group(q.masks->select(k));
    t.select_stride = q.masks->select_by_row() ? layout.padded : 0;
  }
  void prepare_backward(PointwiseTask<T>& t, int group) const {
    prepare(t, group);
    t.grad_state[0] = (layout.projects() ? q.dfull : q.dh) + ptrdiff_t{group} * layout.lanes;
    t.grad_stride[0] = layout.padded;
    for (int k = 1; k < layout.states; ++k) {
      t.grad_state[k] = q.dstate[k] + state_offset(group);
      t.grad_stride[k] = layout.lanes;
    }
    for (int k = 0; k < layout.below; ++k)
      t.grad_below_stride[k] = passes_tail(group) ? layout.lanes : q.dx_row;
    t.add_stride = q.dy_row;
    t.add_rows = q.dy_rows;
    for (int k = 0; k < layout.messages; ++k)
      t.grad_message[k] = q.dmessage[k] + ptrdiff_t{group} * layout.lanes;
    if (layout.units > 0) t.grad_units = q.dunits + ptrdiff_t{group} * layout.units * layout.lanes;
  }
  /// ... and what moves with the step: a single row's step is so short that this is felt.
  void move(PointwiseTask<T>& t, int s, int group) const {
    const ptrdiff_t unit = ptrdiff_t{group} * layout.lanes;
    t.z = z(s, group);
    if (layout.record > 0) t.record = record(s, group);
    t.rows = active(s);
    if (layout.projects()) {  // no equation reads h itself: any memory will do
      t.new_state[0] = full(s) + unit;
      t.old_state[0] = t.new_state[0];
      t.old_stride[0] = layout.padded;
    } else {
      t.old_state[0] = h_before(s) + unit;
      t.old_stride[0] = h_before_row(s);
      t.new_state[0] = h(s) + unit;
    }
    for (int k = 1; k < layout.states; ++k) {
      T* const old = state(k, s, group);
      t.old_state[k] = old;
      t.new_state[k] = old + q.state_step;
    }
    for (int k = layout.states; k < layout.values; ++k)
      t.new_state[k] = q.output[k].first + s * q.output[k].step + unit;
    for (int k = 0; k < layout.messages; ++k) t.message[k] = message(k, s) + unit;
    for (int k = 0; k < layout.below; ++k)
      t.below[k] = passes_tail(group) ? below_tail(q.below_tail, k) : x_below(k, s) + unit;
  }
  void move_backward(PointwiseTask<T>& t, int s, int group) const {
    move(t, s, group);
    for (int k = 0; q.dx && k < layout.below; ++k)
      t.grad_below[k] =
          passes_tail(group) ? below_tail(q.dbelow_tail, k) : dx_below(k, s) + group * layout.lanes;
  }
};

}  // namespace sluice
