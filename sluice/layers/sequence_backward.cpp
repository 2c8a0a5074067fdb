// The time loop, backward: the cell replayed, then the gradients of the old states, the input and
// the weights.
#include <optional>

#include "sluice/layers/sequence_place.h"

namespace sluice {

namespace {

template <class T>
class BackwardLoop {
 public:
  BackwardLoop(const SequenceTask<T>& task, const Share& share, Barrier& barrier)
      : at_(task),
        q_(task),
        layout_(*task.layout),
        share_(share),
        barrier_(barrier),
        segments_(task.segments + share.thread * segment_room(layout_)),
        usual_(task.switches.usual() ? 0 : 1) {}

  /// Steps come in falling order. `input_now`: whether this step's dx is wanted at once.
  void step(int s, bool input_now) {
    const int rows = at_.active(s);
    if (rows == 0) {
      last_ = s;
      return;
    }
    pointwise(s);
    if (layout_.has_message) message(s);
    barrier_.wait();
    if (s > 0 || q_.need_first) hidden(s);
    if (q_.dx && input_now) input(rows_of(s));
    rows_owed_ += rows;
    if (rows_owed_ >= enough_rows || last_ - s == most_steps || s == 0) {
      weights(s, last_);
      last_ = s;
      rows_owed_ = 0;
    }
  }

  void run() {
    const bool input_now = share_.team == 1 && q_.rows > 1;
    for (int s = q_.steps - 1; s >= 0; --s) step(s, input_now);
    if (!input_now) inputs();
  }

  /// dx of all steps, after the loop: every thread's gate gradients are there since the last
  /// barrier.
  void inputs() {
    if (!q_.dx) return;
    int steps = 0;
    while (steps < q_.steps && at_.active(steps) > 0) ++steps;
    if (q_.rows == 1 && share_.team == 1) {  // a single row: its steps are the rows of one product
      input({0, q_.z_step, steps, q_.dx_step});
      return;
    }
    const int first = steps * share_.thread / share_.team;
    const int end = steps * (share_.thread + 1) / share_.team;
    for (int s = first; s < end; ++s) input(rows_of(s));
  }

 private:
  static constexpr int enough_rows = 256;  // where a register tile's start and end stop to matter
  static constexpr int most_steps = 128;

  PointwiseTask<T> task(int s, int group) const {
    PointwiseTask<T> t = at_.pointwise(s, group);
    const ptrdiff_t unit = ptrdiff_t{group} * layout_.lanes;
    t.grad_state[0] = q_.dh + unit;
    t.grad_stride[0] = layout_.padded;
    for (int k = 1; k < layout_.states; ++k) {
      t.grad_state[k] = q_.dstate[k] + at_.state_offset(group);
      t.grad_stride[k] = layout_.lanes;
    }
    t.message = q_.dmessage + unit;
    if (q_.dy) {
      t.add = q_.dy + s * q_.dy_step + unit;
      t.add_stride = q_.dy_row;
    }
    return t;
  }

  void pointwise(int s) {
    for (int g = share_.first_group; g < share_.last_group; ++g)
      q_.kernel->backward[usual_](task(s, g));
  }

  /// Rows of gate gradients, those of step s or (rows of one) every step's, and of their results.
  struct Rows {
    int s;
    ptrdiff_t stride;
    int count;
    ptrdiff_t to_stride;
  };
  Rows rows_of(int s) const { return {s, at_.unit_row(), at_.active(s), q_.dx_row}; }

  /// The chain of one output block over all groups; lanes past the last unit hold zeros on both
  /// sides and are left out.
  int fill_segments(Part part, const Rows& rows, const T* panel, int width) {
    const Columns& columns = layout_.part(part);
    const int lanes = layout_.lanes;
    const ptrdiff_t chain = ptrdiff_t{columns.count} * lanes;
    const int tail = layout_.tail;
    int count = 0;
    for (int g = 0; g < layout_.groups; ++g, panel += chain * width) {
      const T* z = at_.z(rows.s, g) + ptrdiff_t{columns.first} * lanes;
      if (tail == 0 || g + 1 < layout_.groups) {
        segments_[count++] = {z, rows.stride, panel, chain};
        continue;
      }
      for (int c = 0; c < columns.count; ++c)
        segments_[count++] = {z + c * lanes, rows.stride, panel + ptrdiff_t{c} * lanes * width,
                              tail};
    }
    return count;
  }

  /// Adds (or writes) gate gradients of `part` times its transposed weights to rows of `to`, for
  /// output blocks [first, last).
  void transposed(Part part, const Rows& rows, int first, int last, T* to, bool add) {
    const auto& widths = layout_.blocks(part);
    const ptrdiff_t inner = ptrdiff_t{layout_.padded} * layout_.part(part).count;
    int output = 0;
    for (int b = 0; b < last; output += widths[b] * layout_.lanes, ++b) {
      if (b < first) continue;
      const T* panel = q_.transposed[static_cast<int>(part)] + output * inner;
      const int count = fill_segments(part, rows, panel, widths[b] * layout_.lanes);
      PanelTask<T> t{segments_, count, to + output, rows.to_stride, {}, {}};
      for (int v = 0; v < widths[b]; ++v) {
        t.offset[v] = v * layout_.lanes;
        t.start[v] = add ? nullptr : zeros_;
      }
      const bool passes_end = output + widths[b] * layout_.lanes > q_.dx_columns;
      if (part == Part::input && passes_end)
        partial(t, widths[b], rows, output);
      else
        product(widths[b], t, rows.count);
    }
  }

  void product(int width, const PanelTask<T>& t, int rows) {
    constexpr int few_rows = 2;
    (rows <= few_rows ? q_.panels->product_split : q_.panels->product)[width](t, rows);
  }

  /// The last block of dx, whose vectors would pass the end of the row: by way of dx_tail.
  void partial(PanelTask<T>& t, int width, const Rows& rows, int output) {
    const ptrdiff_t room = ptrdiff_t{width} * layout_.lanes;
    T* const to = t.z;
    T* const tail = q_.dx_tail + share_.thread * tail_room(layout_);
    t.z = tail;
    t.z_stride = room;
    for (int r = 0; r < rows.count; r += tail_rows) {
      const int count = rows.count - r < tail_rows ? rows.count - r : tail_rows;
      product(width, t, count);
      for (int i = 0; i < count; ++i)
        for (int u = 0; u < layout_.input_size - output; ++u)
          to[(r + i) * rows.to_stride + u] = tail[i * room + u];
      for (int i = 0; i < t.segment_count; ++i) segments_[i].a += tail_rows * rows.stride;
    }
  }

  void hidden(int s) {
    Rows rows = rows_of(s);
    rows.to_stride = layout_.padded;
    transposed(Part::hidden, rows, share_.first_block, share_.last_block, q_.dh, true);
  }

  void input(const Rows& rows) {
    transposed(Part::input, rows, 0, static_cast<int>(layout_.input_blocks.size()),
               q_.dx + rows.s * q_.dx_step, false);
  }

  void message(int s) {
    barrier_.wait();
    Rows rows = rows_of(s);
    rows.to_stride = layout_.padded;
    transposed(Part::message, rows, share_.first_block, share_.last_block, q_.dmessage, false);
    for (int g = share_.first_group; g < share_.last_group; ++g)
      q_.kernel->message_backward[usual_](task(s, g));
  }

  /// Weight and bias gradients of the owned groups for steps [first, last).
  void weights(int first, int last) {
    OuterStep<T> x[most_steps], h[most_steps], q[most_steps];
    for (int g = share_.first_group; g < share_.last_group; ++g) {
      int hidden_count = 0;
      const int count = last - first;
      for (int i = 0; i < count; ++i) {
        const int s = first + i, rows = at_.active(s);
        const T* z = at_.z(s, g);
        x[i] = {q_.x + s * q_.x_step, q_.x_row, z, rows};
        if (!at_.reads_hidden(s)) continue;
        if (layout_.has_message) q[hidden_count] = {at_.message(s), layout_.padded, z, rows};
        h[hidden_count++] = {at_.h_before(s), at_.h_before_row(s), z, rows};
      }
      outer(Part::input, x, count, g);
      outer(Part::hidden, h, hidden_count, g);
      if (layout_.has_message) outer(Part::message, q, hidden_count, g);
      for (int k = 0; q_.dstart && k < layout_.gates; ++k)
        q_.panels->column_sum(x, count, at_.unit_row(), ptrdiff_t{k} * layout_.lanes,
                              q_.dstart + (ptrdiff_t{g} * layout_.gates + k) * layout_.lanes);
    }
  }

  void outer(Part part, const OuterStep<T>* steps, int count, int group) {
    const Columns& columns = layout_.part(part);
    const int64_t depth = layout_.depth(part);
    int before = 0;
    for (int vectors : columns.panels) {
      OuterTask<T> t{steps, count, at_.unit_row(), {}, nullptr, depth};
      for (int v = 0; v < vectors; ++v)
        t.offset[v] = ptrdiff_t{columns.first + before + v} * layout_.lanes;
      t.out = q_.dweights[static_cast<int>(part)] + at_.panel_offset(part, group, before, depth);
      q_.panels->outer[vectors](t);
      before += vectors;
    }
  }

  const Place<T> at_;
  const SequenceTask<T>& q_;
  const CellLayout& layout_;
  const Share share_;
  Barrier& barrier_;
  Segment<T>* segments_;
  const int usual_;
  int last_ = q_.steps;  // steps [s, last_) still owe their weight gradients,
  int rows_owed_ = 0;    // that many rows
  alignas(64) T zeros_[16] = {};
};

}  // namespace

template <class T>
void run_backward(const SequenceTask<T>& task, const Share& share, Barrier& barrier) {
  BackwardLoop<T>(task, share, barrier).run();
}

template <class T>
void run_backward_wave(SequenceTask<T>* const* tasks, int count) {
  Barrier alone(1);
  std::optional<BackwardLoop<T>> layers[most_wave];
  for (int i = 0; i < count; ++i)
    layers[i].emplace(*tasks[i], share_of(*tasks[i]->layout, 0, 1), alone);
  const int steps = tasks[0]->steps;
  for (int t = 0; t < steps + count - 1; ++t)
    for (int lag = 0; lag < count; ++lag) {
      const int s = steps - 1 - t + lag;
      const int layer = count - 1 - lag;
      if (s >= 0 && s < steps) layers[layer]->step(s, layer > 0);
    }
  layers[0]->inputs();
}

template void run_backward(const SequenceTask<float>&, const Share&, Barrier&);
template void run_backward(const SequenceTask<double>&, const Share&, Barrier&);
template void run_backward_wave(SequenceTask<float>* const*, int);
template void run_backward_wave(SequenceTask<double>* const*, int);

}  // namespace sluice
