// The gradients of the weights and biases within the time loop: products over the rows of many
// steps.
#pragma once

#include "sluice/engine/sequence_place.h"
#include "sluice/engine/weight_rhythm.h"

namespace sluice {

template <class T>
class WeightGradients {
 public:
  WeightGradients(const Place<T>& at, const Share& share)
      : at_(at), q_(at.q), layout_(at.layout), share_(share) {}

  /// Weight and bias gradients of the owned groups for steps [first, last): where all multiply the
  /// same, of the groups of a block together. A block is one thread's, whatever their number.
  void add(int first, int last) {
    int group = share_.first_group;
    for (int b = share_.first_unit_block; b < share_.last_unit_block; ++b) {
      const int end = group + layout_.unit_blocks[b];
      for (const int count = layout_.dense() ? end - group : 1; group < end; group += count)
        add(first, last, {group, count});
    }
    overwrite_ = false;
  }

 private:
  static constexpr int most_steps = WeightRhythm::most_steps;

  /// What the gate gradients of some steps are multiplied with.
  struct Owed {
    OuterStep<T> x[most_steps], h[most_steps], q[max_messages][most_steps];
    int steps = 0, hidden_steps = 0, message_steps = 0;
  };

  void add(int first, int last, const Piece& groups) {
    Owed owed;
    const int g = groups.first;
    if (q_.rows == 1 && layout_.periods.empty())
      owe_row(owed, first, last, g);
    else
      owe(owed, first, last, g);
    outer(Part::input, owed.x, owed.steps, groups);
    outer(Part::hidden, owed.h, owed.hidden_steps, groups);
    for (int k = 0; k < layout_.messages; ++k)
      outer(message_part(k), owed.q[k], owed.message_steps, groups);
    if (q_.dstart && !layout_.all_normed()) add_starts(owed, groups);
  }

  void add_starts(Owed& owed, const Piece& groups) {
    for (int g = groups.first; g < groups.first + groups.size; ++g) {
      q_.panels->column_sum(owed.x, owed.steps, at_.row_of_z(), layout_.gates,
                            q_.dstart + ptrdiff_t{g} * layout_.gates * layout_.lanes);
      for (int i = 0; i < owed.steps; ++i) owed.x[i].g += at_.group_offset(1);
    }
  }

  void owe(Owed& owed, int first, int last, int group) {
    owed.steps = owed.message_steps = owed.hidden_steps = 0;
    const int units = layout_.reads_units(group).first;
    int before = 0;
    for (int s = first; s < last; before += at_.active(s++)) {
      if (!at_.moves(s, group)) continue;
      const int rows = at_.active(s);
      const T* z = at_.z(s, group);
      owed.x[owed.steps++] = {read_x(s, before), at_.x_row(), z, rows};
      for (int k = 0; k < layout_.messages; ++k) {
        const Part part = message_part(k);
        owed.q[k][owed.message_steps] = {read(part, s, before), at_.read_row(part, s), z, rows};
      }
      ++owed.message_steps;
      if (!at_.reads_hidden(s)) continue;
      owed.h[owed.hidden_steps++] = {read(Part::hidden, s, before) + units,
                                     at_.read_row(Part::hidden, s), z, rows};
    }
  }

  /// The input at step s; of copies, the rows of earlier owed steps stand before.
  const T* read_x(int s, int before) const {
    return at_.x(s, layout_.part(Part::input).first) +
           (q_.x_copies ? before * ptrdiff_t{layout_.input_size} : 0);
  }
  /// What a part multiplies at step s; of copies, the rows of earlier owed steps stand before.
  const T* read(Part part, int s, int before) const {
    return at_.read(part, s, layout_.part(part).first) +
           (at_.copies(part) ? before * ptrdiff_t{layout_.padded} : 0);
  }

  /// A single row: its steps are the rows of one; the state before the first stands elsewhere.
  void owe_row(Owed& owed, int first, int last, int group) {
    owed.steps = owed.message_steps = 1;
    owed.hidden_steps = 0;
    const ptrdiff_t x_step = q_.x_copies ? at_.x_row() : q_.x_step;
    owed.x[0] = {read_x(first, 0), x_step, at_.z(first, group), last - first};
    const auto add = [&](int s, int end) {
      if (s == end) return;
      const int i = owed.hidden_steps++;
      const int units = layout_.reads_units(group).first;
      owed.h[i] = {read(Part::hidden, s, s - first) + units, at_.read_step(Part::hidden),
                   at_.z(s, group), end - s};
    };
    for (int k = 0; k < layout_.messages; ++k) {
      const Part part = message_part(k);
      owed.q[k][0] = {read(part, first, 0), at_.read_step(part), at_.z(first, group), last - first};
    }
    const int second = first == 0 ? 1 : first;
    if (first == 0 && at_.reads_hidden(0)) add(0, 1);
    add(second, last);
  }

  /// Without steps the sum is zero, which only a buffer that is to be overwritten needs to be told.
  /// A tied message's part adds to that of its weights' other use.
  void outer(Part part, OuterStep<T>* steps, int count, const Piece& groups) {
    const bool overwrite = overwrite_ && !layout_.tied(part);
    if (count == 0 && !overwrite) return;
    const Columns& columns = layout_.part(part);
    const ptrdiff_t lanes = layout_.lanes, depth = layout_.depth(part);
    const auto read = part == Part::hidden ? layout_.reads_units(groups.first)
                                           : CellLayout::Range{0, static_cast<int>(depth)};
    OuterTask<T> t{steps, count, at_.row_of_z(),         {},       nullptr,
                   0,     0,     read.last - read.first, overwrite};
    int before = 0;
    for (int vectors : columns.panels) {
      // Narrow panels: one of each group together.
      const int wide = vectors == 1 ? groups.size : 1;
      t.out_row = vectors * lanes;
      t.out_vector = wide > 1 ? columns.count * lanes * depth : lanes;
      for (int g = 0; g < groups.size; g += wide) {
        for (int v = 0; v < vectors * wide; ++v)
          t.offset[v] =
              at_.group_offset(g + v / vectors) + (columns.first + before + v % vectors) * lanes;
        t.out = q_.dweights[index_of(part)] +
                at_.panel_offset(part, groups.first + g, before, depth) + read.first * t.out_row;
        q_.panels->outer[vectors * wide](t);
      }
      before += vectors;
      if (const ptrdiff_t next = at_.copy_stride(part) * vectors; next > 0)
        for (int i = 0; i < count; ++i) steps[i].a += next;
    }
  }

  const Place<T>& at_;
  const SequenceTask<T>& q_;
  const CellLayout& layout_;
  const Share share_;
  bool overwrite_ = q_.overwrite;
};

}  // namespace sluice
