// The time loop, backward: the cell replayed, then the gradients of the old states, the input and
// the weights.
#include <algorithm>
#include <optional>

#include "sluice/engine/sequence_below.h"
#include "sluice/engine/sequence_norm.h"
#include "sluice/engine/sequence_projection.h"
#include "sluice/engine/sequence_row.h"
#include "sluice/engine/sequence_source.h"
#include "sluice/engine/sequence_transposed.h"
#include "sluice/engine/sequence_weights.h"
#include "sluice/tensor/flush_denormals.h"

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
        usual_(task.switches.usual() ? 0 : 1),
        segments_(task.segments + share.thread * block_room(layout_) * segment_room(layout_)),
        tasks_(task.tasks + share.thread * block_room(layout_)),
        pointwise_(task.pointwise + share.thread * ptrdiff_t{layout_.groups}) {
    if (runs_by_row(task)) {
      rows_.emplace(backward_rows(task));
      return;
    }
    for (int g = share.first_group; g < share.last_group; ++g)
      at_.prepare_backward(pointwise_[g], g);
    if (q_.masks) q_.masks->begin(share.first_group, share.last_group, rows_of(q_, share));
    if (layout_.projects()) projection_.emplace(at_, share);
    if (layout_.normed > 0) norm_.emplace(at_, share, barrier);
    const Piece own = {share.first_block, share.last_block - share.first_block};
    hidden_.emplace(at_, Part::hidden, own, !q_.source, tasks_, segments_);
    const bool add = layout_.cell->info.step_reads_message;  // to the step's own part
    for (int k = 0; k < layout_.messages; ++k)
      messages_[k].emplace(at_, message_part(k), own, add, tasks_, segments_);
    const Piece all = {0, static_cast<int>(layout_.input_blocks.size())};
    if (few_inputs(layout_))
      make_dots();
    else
      input_.emplace(at_, Part::input, all, false, tasks_, segments_);
  }

  /// The task by row; null: it is not done so.
  RowTask<T>* rows() { return rows_ ? &*rows_ : nullptr; }

  /// Steps come in falling order. `input_now`: whether this step's dx is wanted at once.
  void step(int s, bool input_now) {
    const int rows = at_.active(s);
    if (rows > 0 && rows_) {
      RowTask<T>* const layer = this->rows();
      run_rows_backward(&layer, 1, 1);
    } else if (rows > 0) {
      products(s, rows, input_now);
    }
    weights(s);
  }

  /// What the weights are owed once step s is done, in falling order of steps.
  void weights(int s) {
    if (!rhythm_.due(s, at_.active(s))) return;
    if (projection_) projection_->weights(s, rhythm_.last());
    if (q_.source || q_.x_copies) sources(s, rhythm_.last());
    weights_.add(s, rhythm_.last());
    rhythm_.added(s);
  }

  void run() {
    const bool input_now = share_.team == 1 && q_.rows > 1;
    for (int s = q_.steps - 1; s >= 0; --s) step(s, input_now);
    if (!input_now) inputs();
  }

  /// dx of all steps, after the loop: every thread's gate gradients are there since the last
  /// barrier.
  void inputs() {
    if (!q_.dx || rows_) return;
    int steps = 0;
    while (steps < q_.steps && at_.active(steps) > 0) ++steps;
    // A single row: its steps are the rows of one product.
    if (q_.rows == 1 && share_.team == 1 && !q_.x_copies) {
      run_input({0, steps, q_.dx, q_.dx_step});
      return;
    }
    const int first = steps * share_.thread / share_.team;
    const int end = steps * (share_.thread + 1) / share_.team;
    for (int s = first; s < end; ++s) input(s);
  }

 private:
  void products(int s, int rows, bool input_now) {
    if (projection_) {
      projection_->outputs(s, rows);
      barrier_.wait();
      projection_->full(s, rows);
    }
    pointwise(s);
    if (layout_.messages > 0) messages(s);
    if (at_.passes_tail(share_.last_group - 1)) give_below(at_, s);
    if (norm_) {
      barrier_.wait();
      norm_->run(s, false);
    }
    barrier_.wait();
    if (s > 0 || q_.need_first) hidden(s, rows);
    if (q_.dx && input_now) input(s);
  }

  void pointwise(int s) {
    if (q_.masks)
      q_.masks->step(s + q_.first_step, at_.active(s), share_.first_group, share_.last_group);
    for (int g = share_.first_group; g < share_.last_group; ++g) {
      PointwiseTask<T>& t = pointwise_[g];
      at_.move_backward(t, s, g);
      if (at_.passes_tail(g)) take_below(at_, s);
      t.add_next = s > 0 ? -q_.dy_step : 0;
      for (size_t i = 0; q_.dy && !projection_ && i < layout_.gives.size(); ++i)
        t.add[layout_.gives[i]] = q_.dy + s * q_.dy_step + q_.dy_value * i + g * layout_.lanes;
      if (at_.moves(s, g))
        q_.kernel->backward[usual_](t);
      else
        rest(t);
    }
  }

  /// A group none of whose clocks ticks hands its states' gradients on.
  void rest(const PointwiseTask<T>& t) {
    for (int r = 0; r < t.rows; ++r) {
      std::fill_n(t.z + r * t.z_stride, layout_.gates * layout_.lanes, T{0});
      for (int u = 0; t.add[0] && u < layout_.lanes; ++u)
        t.grad_state[0][r * t.grad_stride[0] + u] += t.add[0][t.add_row(r) + u];
    }
  }

  /// What reaches h before step s by way of the recurrent matrix.
  void hidden(int s, int rows) {
    if (!q_.source) return hidden_->run({s, rows, q_.dh, layout_.out_padded});
    run_masked(Part::hidden, *hidden_, s, q_.dh, true);
  }

  using Rows = GradientRows<T>;

  /// to [rows][padded] = what reaches a part's source by way of its masked copies, for the owned
  /// units of step s; plus what is there if `add`.
  void run_masked(Part part, TransposedProducts<T>& transposed, int s, T* to, bool add) {
    const int rows = at_.active(s), padded = layout_.padded;
    const int first = share_.first_group * layout_.lanes,
              count = share_.last_group * layout_.lanes - first;
    const Piece copies = at_.copies_of(part);
    for (int r = 0; r < rows; r += masked_rows) {
      const int some = std::min(masked_rows, rows - r), before = r * padded + first;
      for (int i = 0; i < copies.size; ++i) {
        transposed.run({s, some, q_.dsource, padded, r}, i);
        multiply_rows({q_.dsource + first, padded, q_.masks->hidden(copies.first + i) + before,
                       padded, to + before, padded, some, count, add || i > 0});
      }
    }
  }

  /// The masked copies that the weights of steps [first, last) were multiplied with, step by step.
  void sources(int first, int last) {
    ptrdiff_t before = 0;
    for (int s = first; s < last; before += at_.active(s++)) {
      if (q_.x_copies) mask_input(at_, share_, s, q_.x_copies + before * layout_.input_size);
      if (!q_.source) continue;
      T* const to = q_.source + before * layout_.padded;
      if (at_.reads_hidden(s)) mask_source(at_, share_, Part::hidden, s, to);
      for (int k = 0; k < layout_.messages; ++k)
        if (at_.copies(message_part(k))) mask_source(at_, share_, message_part(k), s, to);
    }
    barrier_.wait();
  }

  /// dx by dot products: each panel's gates times the weights of one input after the other.
  void make_dots() {
    const Columns& columns = layout_.part(Part::input);
    const bool by_gate = at_.copy_stride(Part::input) > 0;
    for (int g = 0; g < layout_.groups; ++g) {
      int before = 0;
      for (int vectors : columns.panels) {
        RowDotTask<T>& dots = dots_[by_gate ? before : 0];
        Segment<T>* const segments = segments_ + (by_gate ? before * layout_.groups : 0);
        dots.segments = segments;
        dots.columns = layout_.input_size;
        segments[dots.segment_count++] = {
            at_.z(0, g) + ptrdiff_t{columns.first + before} * layout_.lanes, at_.row_of_z(),
            at_.panel(Part::input, g, before), ptrdiff_t{vectors} * layout_.lanes};
        before += vectors;
      }
    }
    segments_ += segment_room(layout_);
  }

  void run_dots(const Rows& rows, RowDotTask<T>& dots) {
    dots.a_offset = rows.s * q_.z_step + rows.first * at_.row_of_z();
    dots.out = rows.to;
    dots.out_stride = rows.to_stride;
    q_.panels->row_dots(dots, rows.count);
  }

  /// What reaches the input of some rows by way of its matrix, or of one gate's copy of it.
  void input_products(const Rows& rows, int copy = 0) {
    if (few_inputs(layout_))
      run_dots(rows, dots_[copy]);
    else
      input_->run(rows, copy, q_.dx_tail + share_.thread * tail_room(layout_));
  }

  void run_input(const Rows& rows) {
    input_products(rows);
    for (const int gate : layout_.raw_gates) add_raw(rows, gate);
    if (few_inputs(layout_)) clear_lanes(rows);
  }

  /// The lanes behind dx's columns: the layer below reads whole vectors.
  void clear_lanes(const Rows& rows) {
    for (int r = 0; q_.dx_columns > layout_.input_size && r < rows.count; ++r) {
      T* const row = rows.to + r * rows.to_stride;
      std::fill(row + layout_.input_size, row + q_.dx_columns, T{0});
    }
  }

  /// What reaches x of step s by way of its masked copies.
  void run_copies(int s) {
    const int inputs = layout_.input_size, whole = whole_input(layout_);
    T* const copy = q_.dx_copy + share_.thread * copy_room(layout_);
    const Columns& columns = layout_.part(Part::input);
    for (int r = 0; r < at_.active(s); r += masked_rows) {
      const int some = std::min(masked_rows, at_.active(s) - r);
      const Rows of_copy = {s, some, copy, whole, r};
      const Rows all = {s, some, q_.dx + s * q_.dx_step + r * q_.dx_row, q_.dx_row};
      bool add = false;
      for (int gate = 0; gate < layout_.gates; ++gate) {
        if (!layout_.takes_input(gate)) continue;
        if (gate >= columns.first && gate < columns.first + columns.count)
          input_products(of_copy, gate - columns.first);
        else
          std::fill_n(copy, ptrdiff_t{some} * whole, T{0});
        for (const int raw : layout_.raw_gates)
          if (raw == gate) add_raw(of_copy, raw);
        multiply_rows({copy, whole, q_.masks->input(gate) + r * inputs, inputs, all.to,
                       all.to_stride, some, inputs, add});
        add = true;
      }
      clear_lanes(all);
    }
  }

  /// What reaches a unit's own number of the input, not by way of a matrix.
  void add_raw(const Rows& rows, int gate) {
    for (int g = 0; g < layout_.groups; ++g) {
      const T* const dz =
          at_.z(rows.s, g) + rows.first * at_.row_of_z() + ptrdiff_t{gate} * layout_.lanes;
      T* const dx = rows.to + ptrdiff_t{g} * layout_.lanes;
      const int count = std::min(layout_.lanes, layout_.hidden_size - g * layout_.lanes);
      add_rows({dz, at_.row_of_z(), dx, rows.to_stride, dx, rows.to_stride, rows.count, count});
    }
  }

  void input(int s) {
    if (q_.x_copies) return run_copies(s);
    run_input({s, at_.active(s), q_.dx + s * q_.dx_step, q_.dx_row});
  }

  void messages(int s) {
    barrier_.wait();
    for (int k = 0; k < layout_.messages; ++k) run_message(k, s);
    if (norm_) {
      barrier_.wait();
      norm_->run(s, true);
    }
    for (int g = share_.first_group; g < share_.last_group; ++g)
      q_.kernel->message_backward[usual_](pointwise_[g]);
  }

  void run_message(int k, int s) {
    const Part part = message_part(k);
    T* const to = q_.dmessage[k];
    if (!q_.source) return messages_[k]->run({s, at_.active(s), to, layout_.padded});
    if (layout_.part(part).count == 0) return;
    run_masked(part, *messages_[k], s, to, false);
  }

  const Place<T> at_;
  const SequenceTask<T>& q_;
  const CellLayout& layout_;
  const Share share_;
  Barrier& barrier_;
  const int usual_;
  Segment<T>* segments_;
  PanelTask<T>* tasks_;
  PointwiseTask<T>* pointwise_;
  std::optional<ProjectionBackward<T>> projection_;
  std::optional<NormBackward<T>> norm_;
  std::optional<TransposedProducts<T>> hidden_, messages_[max_messages], input_;
  RowDotTask<T> dots_[max_gates] = {};
  std::optional<RowTask<T>> rows_;
  WeightGradients<T> weights_ = {at_, share_};
  WeightRhythm rhythm_ = WeightRhythm(layout_, sizeof(T), q_.steps);
};

/// Loops of so many steps each, the top layer first, one a step behind the other. False: not all
/// can be done by row.
template <class T>
bool run_rows(std::optional<BackwardLoop<T>>* loops, int count, int steps) {
  RowTask<T>* rows[most_wave];
  for (int i = 0; i < count; ++i) rows[i] = loops[i]->rows();
  if (!one_function(rows, count)) return false;
  run_rows_backward(rows, count, rows[0]->left);
  for (int i = 0; i < count; ++i)
    for (int s = steps - 1; s >= 0; --s) loops[i]->weights(s);
  return true;
}

}  // namespace

template <class T>
void run_backward(const SequenceTask<T>& task, const Share& share, Barrier& barrier) {
  const FlushDenormals flush;
  std::optional<BackwardLoop<T>> loop(std::in_place, task, share, barrier);
  if (!run_rows(&loop, 1, task.steps)) loop->run();
}

template <class T>
void run_backward_wave(SequenceTask<T>* const* tasks, int count) {
  const FlushDenormals flush;
  Barrier alone(1);
  std::optional<BackwardLoop<T>> loops[most_wave];
  for (int i = 0; i < count; ++i) {
    const SequenceTask<T>& task = *tasks[count - 1 - i];
    loops[i].emplace(task, share_of(*task.layout, 0, 1), alone);
  }
  const int steps = tasks[0]->steps;
  if (run_rows(loops, count, steps)) return;
  for (int t = 0; t < steps + count - 1; ++t)
    for (int i = 0; i < count; ++i)
      if (const int s = steps - 1 - t + i; s >= 0 && s < steps) loops[i]->step(s, i + 1 < count);
  loops[count - 1]->inputs();
}

template void run_backward(const SequenceTask<float>&, const Share&, Barrier&);
template void run_backward(const SequenceTask<double>&, const Share&, Barrier&);
template void run_backward_wave(SequenceTask<float>* const*, int);
template void run_backward_wave(SequenceTask<double>* const*, int);

}  // namespace sluice
