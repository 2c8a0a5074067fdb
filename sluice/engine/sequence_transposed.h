// The transposed products of the backward loop: gate gradients times the weights, which is what
// reaches the source that a part multiplied.
#pragma once

#include "sluice/engine/sequence_place.h"

namespace sluice {

/// Rows of gate gradients from step s on, from the step's row `first` on, and of their results.
template <class T>
struct GradientRows {
  int s, count;
  T* to;
  ptrdiff_t to_stride;
  int first = 0;
};

/// Those of one part for output blocks [first, first + size), made ready once: from step to step
/// only addresses move and, where there are clocks, groups at rest are left out. Gates that read
/// copies of their own have products of their own, one gate's after another's.
template <class T>
class TransposedProducts {
 public:
  using Rows = GradientRows<T>;

  /// Takes its room from the front of `tasks` and `segments`. With `add` to what is there already.
  TransposedProducts(const Place<T>& place, Part part, const Piece& blocks, bool add,
                     PanelTask<T>*& tasks, Segment<T>*& segments)
      : at_(place), layout_(place.layout), part_(part), blocks_(blocks), tasks_(tasks) {
    if (at_.q.transposed[index_of(part)] == nullptr) blocks_ = {0, 0};
    for (int b = 0; b < blocks.first; ++b) first_output_ += width(b);
    const int copies = blocks_.size > 0 ? at_.copies_of(part).size : 0;
    for (int copy = 0; copy < copies; ++copy) {
      int output = first_output_;
      for (int b = blocks_.first; b < last(); output += width(b++)) {
        PanelTask<T>& t = *tasks++;
        t = PanelTask<T>{segments, 0, nullptr, 0, {}, {}};
        t.segment_count = fill(segments, gates(copy), output, width(b), all_groups);
        for (int v = 0; v < layout_.blocks(part)[b]; ++v) {
          t.offset[v] = output + v * layout_.lanes;
          t.start[v] = add ? nullptr : zeros;
        }
        segments += segment_room(layout_);
      }
    }
  }

  /// `tail`: tail_room() numbers for dx's last block, whose vectors would pass the end of the row.
  void run(const Rows& rows, int copy = 0, T* tail = nullptr) {
    PanelTask<T>* next = tasks_ + copy * blocks_.size;
    // A single row's steps may be the rows of one product, in which every group moves some time.
    const bool rests = !layout_.periods.empty() && layout_.groups > 1 && rows.count <= at_.q.rows;
    for (int b = blocks_.first; b < last(); ++b) {
      PanelTask<T>& t = *next++;
      t.a_offset = rows.s * at_.q.z_step + rows.first * at_.row_of_z();
      t.z = rows.to;
      t.z_stride = rows.to_stride;
      if (rests)
        t.segment_count =
            fill(const_cast<Segment<T>*>(t.segments), gates(copy), t.offset[0], width(b), rows.s);
      if (part_ == Part::input && t.offset[0] + width(b) > at_.dx_columns())
        partial(t, b, rows, tail);
      else
        product(b, t, rows.count);
    }
  }

 private:
  static constexpr int all_groups = -1;
  alignas(64) static constexpr T zeros[16] = {};

  int last() const { return blocks_.first + blocks_.size; }
  int width(int block) const { return layout_.blocks(part_)[block] * layout_.lanes; }
  Piece gates(int copy) const {
    const Columns& columns = layout_.part(part_);
    if (at_.copy_stride(part_) > 0) return {columns.first + copy, 1};
    return {columns.first, columns.count};
  }

  /// The chain of one output block over the groups that move at step s, for some gates of the part;
  /// lanes past the last unit hold zeros on both sides and are left out.
  int fill(Segment<T>* segments, const Piece& gates, int output, int width, int s) const {
    const Columns& columns = layout_.part(part_);
    const int lanes = layout_.lanes;
    const ptrdiff_t row = at_.row_of_z(), vector = ptrdiff_t{lanes} * width;
    const bool by_gate = at_.by_gate(part_);
    const ptrdiff_t gate = by_gate ? layout_.groups * vector : vector;
    const ptrdiff_t group = by_gate ? vector : columns.count * vector;
    const T* panel = at_.q.transposed[index_of(part_)] +
                     ptrdiff_t{output} * layout_.padded * columns.count +
                     (gates.first - columns.first) * gate;
    int count = 0;
    for (int g = 0; g < layout_.groups; ++g, panel += group) {
      if (part_ == Part::hidden && !reads(g, output, width)) continue;
      if (s != all_groups && !at_.moves(s, g)) continue;
      const T* z = at_.z(0, g) + ptrdiff_t{gates.first} * lanes;
      const bool whole = layout_.tail == 0 || g + 1 < layout_.groups;
      if (whole && !by_gate) {
        segments[count++] = {z, row, panel, ptrdiff_t{gates.size} * lanes};
        continue;
      }
      for (int c = 0; c < gates.size; ++c)
        segments[count++] = {z + c * lanes, row, panel + c * gate, whole ? lanes : layout_.tail};
    }
    return count;
  }

  /// Whether a unit of the group reads one of units [first, first + count).
  bool reads(int group, int first, int count) const {
    const auto read = layout_.reads_units(group);
    return read.first < first + count && first < read.last;
  }

  void product(int block, const PanelTask<T>& t, int rows) const {
    constexpr int few_rows = 2;
    const PanelKernels<T>& panels = *at_.q.panels;
    (rows <= few_rows ? panels.product_split : panels.product)[layout_.blocks(part_)[block]](t,
                                                                                             rows);
  }

  /// The last block of dx, by way of the tail.
  void partial(PanelTask<T> t, int block, const Rows& rows, T* tail) const {
    const int output = t.offset[0];
    const ptrdiff_t row = at_.row_of_z();
    t.z = tail - output;
    t.z_stride = width(block);
    for (int r = 0; r < rows.count; r += tail_rows, t.a_offset += tail_rows * row) {
      const int count = rows.count - r < tail_rows ? rows.count - r : tail_rows;
      product(block, t, count);
      for (int i = 0; i < count; ++i)
        for (int u = 0; u < layout_.input_size - output; ++u)
          rows.to[(r + i) * rows.to_stride + output + u] = tail[i * t.z_stride + u];
    }
  }

  const Place<T>& at_;
  const CellLayout& layout_;
  const Part part_;
  Piece blocks_;
  PanelTask<T>* tasks_;
  int first_output_ = 0;
};

}  // namespace sluice
