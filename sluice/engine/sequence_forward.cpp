// The time loop, forward: products, then the cell's equations on what they left in the cache.
#include <algorithm>
#include <optional>

#include "sluice/engine/sequence_below.h"
#include "sluice/engine/sequence_norm.h"
#include "sluice/engine/sequence_projection.h"
#include "sluice/engine/sequence_row.h"
#include "sluice/engine/sequence_source.h"
#include "sluice/tensor/flush_denormals.h"
#include "sluice/tensor/rows.h"

namespace sluice {

namespace {

/// Few rows cannot fill a register tile: groups are then run side by side.
constexpr int few_rows = 2;

/// Whether a gate's chain has begun before this product, so that z holds its partial sum.
bool begun(const CellLayout& layout, Part part, int gate) {
  if (std::count(layout.raw_gates.begin(), layout.raw_gates.end(), gate) > 0) return true;
  for (int p = 0; p < index_of(part); ++p) {
    const Columns& earlier = layout.part(part_at(p));
    if (gate >= earlier.first && gate < earlier.first + earlier.count) return true;
  }
  return false;
}

/// Rows of z and of what is multiplied: those of step s or, for a single row, every step's.
struct Rows {
  int s, count;
  ptrdiff_t z_stride;
};

/// The products of one part for a thread's groups, made ready once: from step to step only the
/// addresses of the rows move.
template <class T>
class Products {
 public:
  /// With `fused` the input part's chains go on over the hidden state.
  Products(const Place<T>& place, const Share& share, Part part, bool fused, PanelTask<T>*& tasks,
           Segment<T>*& segments)
      : at_(place), part_(part), fused_(fused), first_(share.first_group) {
    const CellLayout& layout = at_.layout;
    groups_ = share.last_group - share.first_group;
    panels_ = static_cast<int>(layout.part(part).panels.size());
    tasks_ = tasks;
    segments_ = segments;
    tasks += groups_ * panels_;
    segments += groups_ * panels_ * 2;
    int before = 0, i = 0;
    for (int vectors : layout.part(part).panels) {
      for (int g = first_; g < share.last_group; ++g, ++i) prepare(i, g, before, vectors);
      before += vectors;
    }
  }

  /// For groups [first, last).
  void run(const Rows& rows, int first, int last) {
    const auto& panels = at_.layout.part(part_).panels;
    const bool hidden = part_ >= Part::message || at_.reads_hidden(rows.s);
    int gate = at_.layout.part(part_).first;
    for (int p = 0; p < panels_; gate += panels[p++]) {
      PanelTask<T>* tasks = tasks_ + ptrdiff_t{p} * groups_ - first_;
      for (int g = first; g < last; ++g) move(tasks[g], rows, g, gate, hidden);
      if (rows.count <= few_rows) {
        at_.q.panels->product_few[panels[p]](tasks + first, last - first, rows.count);
      } else if (panels[p] == 1) {
        const int widest = at_.q.panels->widest;
        for (int g = first; g < last; g += widest)
          at_.q.panels->product_side[std::min(widest, last - g)](tasks + g, rows.count);
      } else {
        for (int g = first; g < last; ++g) at_.q.panels->product[panels[p]](tasks[g], rows.count);
      }
    }
  }

 private:
  void prepare(int i, int group, int before, int vectors) {
    const CellLayout& layout = at_.layout;
    Segment<T>* segments = segments_ + ptrdiff_t{i} * 2;
    segments[0] = segment(part_, group, before, vectors);
    if (fused_) segments[1] = segment(Part::hidden, group, before, vectors);
    PanelTask<T>& t = tasks_[i];
    t = PanelTask<T>{segments, 0, nullptr, 0, {}, {}};
    for (int v = 0; v < vectors; ++v) {
      const int gate = layout.part(part_).first + before + v;
      t.offset[v] = gate * layout.lanes;
      t.start[v] = begun(layout, part_, gate) ? nullptr : at_.chain_start(group, gate);
    }
  }

  /// Of the hidden state only what the group's units read.
  Segment<T> segment(Part part, int group, int before, int vectors) const {
    const T* const panel = at_.panel(part, group, before);
    if (part != Part::hidden) return {nullptr, 0, panel, at_.layout.depth(part)};
    const auto read = at_.layout.reads_units(group);
    return {nullptr, 0, panel + ptrdiff_t{read.first} * vectors * at_.layout.lanes,
            read.last - read.first};
  }

  void move(PanelTask<T>& t, const Rows& rows, int group, int gate, bool hidden) {
    auto* segments = const_cast<Segment<T>*>(t.segments);
    const int s = rows.s;
    t.z = at_.z(s, group);
    t.z_stride = rows.z_stride;
    if (part_ == Part::input) {
      segments[0].a = at_.x(s, gate);
      segments[0].row_stride = rows.count > at_.q.rows ? at_.q.x_step : at_.x_row();
      t.segment_count = fused_ && hidden ? 2 : 1;
    } else {
      t.segment_count = hidden ? 1 : 0;
    }
    if (!hidden || (part_ == Part::input && !fused_)) return;
    Segment<T>& last = segments[t.segment_count - 1];
    const Part part = part_ == Part::input ? Part::hidden : part_;
    last.a = at_.read(part, s, gate);
    if (part == Part::hidden) last.a += at_.layout.reads_units(group).first;
    last.row_stride = at_.read_row(part, s);
  }

  const Place<T>& at_;
  const Part part_;
  const bool fused_;
  const int first_;
  int groups_, panels_;
  PanelTask<T>* tasks_;
  Segment<T>* segments_;
};

/// One task's loop, a step at a time.
template <class T>
class ForwardLoop {
 public:
  ForwardLoop(const SequenceTask<T>& task, const Share& share, Barrier& barrier, bool hoist)
      : at_(task),
        q_(task),
        share_(share),
        barrier_(barrier),
        hoist_(hoist && task.rows == 1 && task.steps > 1 && task.z_step > 0 && !task.x_copies),
        fused_(task.layout->fused && !hoist_),
        usual_(task.switches.usual() ? 0 : 1),
        narrow_(task.layout->dense() && task.layout->narrow()),
        tasks_(task.tasks + share.thread * task_room(*task.layout)),
        segments_(task.segments + share.thread * 2 * task_room(*task.layout)),
        pointwise_(task.pointwise + share.thread * ptrdiff_t{task.layout->groups}),
        input_(at_, share, Part::input, fused_, tasks_, segments_),
        hidden_(at_, share, Part::hidden, false, tasks_, segments_) {
    for (int k = 0; k < task.layout->messages; ++k)
      messages_[k].emplace(at_, share, message_part(k), false, tasks_, segments_);
    for (int g = share.first_group; g < share.last_group; ++g) at_.prepare(pointwise_[g], g);
    if (task.layout->projects()) projection_.emplace(at_, share);
    if (task.layout->normed > 0) norm_.emplace(at_, share, barrier);
    if (q_.masks) q_.masks->begin(share.first_group, share.last_group, rows_of(q_, share));
    if (!hoist_) return;
    // What a single row would wait for at every step, with the steps as the rows of one product.
    int steps = 0;
    while (steps < q_.steps && at_.active(steps) > 0) ++steps;
    for (int s = 0; s < steps; ++s)
      for (int g = share.first_group; g < share.last_group; ++g) start_raw(s, g);
    input_.run({0, steps, q_.z_step}, share_.first_group, share_.last_group);
  }

  ~ForwardLoop() {
    if (q_.y_past_caches) fence_rows();
  }

  void step(int s) {
    const Rows rows = {s, at_.active(s), at_.unit_row()};
    if (rows.count == 0) return;
    if (q_.masks) masks(s, rows.count);
    const bool clocks = !q_.layout->periods.empty();
    const int messages = q_.layout->messages;
    const auto first = messages > 0 ? q_.kernel->message[usual_] : q_.kernel->forward[usual_];
    for (int g = share_.first_group, end; g < share_.last_group; g = end) {
      end = g + together(g, rows.count);
      if (clocks && !at_.moves(s, g)) {
        rest(s, g);
        continue;
      }
      if (!hoist_) {
        for (int i = g; i < end; ++i) start_raw(s, i);
        input_.run(rows, g, end);
      }
      if (!fused_) hidden_.run(rows, g, end);
      for (int i = g; !norm_ && i < end; ++i) first(pointwise(s, i));
    }
    if (norm_) {
      barrier_.wait();
      norm_->run(s, false);
      for (int g = share_.first_group; g < share_.last_group; ++g) first(pointwise(s, g));
    }
    for (int k = 0; q_.source && k < messages; ++k)
      if (at_.layout.part(message_part(k)).count > 0)
        mask_source(at_, share_, message_part(k), s, q_.source);
    barrier_.wait();
    if (projection_) {
      projection_->step(s, rows.count);
      barrier_.wait();
    }
    if (messages > 0) after_messages(s, rows);
    if (q_.y) give(s, rows.count);
  }

 private:
  /// The step's own part, which reads the messages.
  void after_messages(int s, const Rows& rows) {
    const int messages = q_.layout->messages;
    if (norm_) norm_->run(s, true);
    for (int g = share_.first_group, end; g < share_.last_group; g = end) {
      end = g + together(g, rows.count);
      for (int k = 0; k < messages; ++k) messages_[k]->run(rows, g, end);
      for (int i = g; i < end; ++i) q_.kernel->forward[usual_](pointwise(s, i));
    }
    barrier_.wait();
  }

  /// The owned units of h to the batch's own rows.
  void give(int s, int rows) {
    const int first = share_.first_group * at_.layout.lanes,
              last = std::min(share_.last_group * at_.layout.lanes, at_.layout.out);
    const T* h = at_.h(s) + first;
    T* const y = q_.y + s * q_.y_step + first;
    put_rows({h, q_.h_row, y, q_.y_rows, rows, last - first, q_.y_past_caches});
  }

  /// Groups from g on whose products are run side by side: all, where rows are few and all chains
  /// as long; as many as a wide panel has vectors, where panels are narrow; else a group at a time,
  /// while z is hot.
  int together(int g, int rows) const {
    const int first = share_.first_group, groups = share_.last_group - first;
    if (rows <= few_rows && q_.layout->dense()) return groups;
    return narrow_ ? piece_of(g - first, groups, q_.panels->widest).size : 1;
  }

  /// The step's masks, and input and hidden state as the matrices see them.
  void masks(int s, int rows) {
    q_.masks->step(s + q_.first_step, rows, share_.first_group, share_.last_group);
    if (!q_.source && !q_.x_copies) return;
    if (q_.x_copies) mask_input(at_, share_, s, q_.x_copies);
    if (q_.source) mask_source(at_, share_, Part::hidden, s, q_.source);
    barrier_.wait();
  }

  /// A group none of whose clocks ticks keeps its states.
  void rest(int s, int group) {
    const PointwiseTask<T>& t = pointwise(s, group);
    for (int k = 0; k < at_.layout.states; ++k)
      for (int r = 0; r < t.rows; ++r)
        std::copy_n(t.old_state[k] + r * t.old_stride[k], at_.layout.lanes,
                    t.new_state[k] + r * t.new_stride[k]);
  }

  /// The chains that start from the input's own unit: bias + x.
  void start_raw(int s, int group) {
    const CellLayout& layout = at_.layout;
    const int first = group * layout.lanes,
              count = std::min(layout.lanes, layout.hidden_size - first);
    for (const int gate : layout.raw_gates) {
      const T* const bias = at_.bias(group, gate);
      T* z = at_.z(s, group) + ptrdiff_t{gate} * layout.lanes;
      const T* x = at_.x(s, gate) + first;
      const int rows = at_.active(s);
      add_rows({x, at_.x_row(), bias, 0, z, at_.unit_row(), rows, count});
      for (int r = 0; count < layout.lanes && r < rows; ++r, z += at_.unit_row())
        std::copy_n(bias + count, layout.lanes - count, z + count);
    }
  }

  const PointwiseTask<T>& pointwise(int s, int group) {
    PointwiseTask<T>& t = pointwise_[group];
    at_.move(t, s, group);
    if (at_.passes_tail(group)) take_below(at_, s);
    return t;
  }

  const Place<T> at_;
  const SequenceTask<T>& q_;
  const Share share_;
  Barrier& barrier_;
  const bool hoist_, fused_;
  const int usual_;
  const bool narrow_;
  PanelTask<T>* tasks_;
  Segment<T>* segments_;
  PointwiseTask<T>* pointwise_;
  Products<T> input_, hidden_;
  std::optional<Products<T>> messages_[max_messages];
  std::optional<ProjectionForward<T>> projection_;
  std::optional<NormForward<T>> norm_;
};

/// A task's loop, by row where it can be.
template <class T>
class AnyLoop {
 public:
  AnyLoop(const SequenceTask<T>& task, const Share& share, Barrier& barrier, bool hoist) {
    if (runs_by_row(task))
      rows_.emplace(forward_rows(task));
    else
      general_.emplace(task, share, barrier, hoist);
  }
  RowTask<T>* rows() { return rows_ ? &*rows_ : nullptr; }
  void step(int s) {
    if (general_) return general_->step(s);
    RowTask<T>* const layer = rows();
    run_rows_forward(&layer, 1, 1);
  }

 private:
  std::optional<RowTask<T>> rows_;
  std::optional<ForwardLoop<T>> general_;
};

/// Loops of so many steps each, one a step behind the other.
template <class T>
void run_wave(std::optional<AnyLoop<T>>* loops, int count, int steps) {
  RowTask<T>* rows[most_wave];
  for (int i = 0; i < count; ++i) rows[i] = loops[i]->rows();
  if (one_function(rows, count)) return run_rows_forward(rows, count, steps);
  for (int t = 0; t < steps + count - 1; ++t)
    for (int i = 0; i < count; ++i)
      if (const int s = t - i; s >= 0 && s < steps) loops[i]->step(s);
}

}  // namespace

template <class T>
void run_forward(const SequenceTask<T>& task, const Share& share, Barrier& barrier) {
  const FlushDenormals flush;
  std::optional<AnyLoop<T>> loop(std::in_place, task, share, barrier, true);
  run_wave(&loop, 1, task.steps);
}

template <class T>
void run_forward_wave(SequenceTask<T>* const* tasks, int count) {
  const FlushDenormals flush;
  Barrier alone(1);
  std::optional<AnyLoop<T>> layers[most_wave];
  for (int i = 0; i < count; ++i)
    layers[i].emplace(*tasks[i], share_of(*tasks[i]->layout, 0, 1), alone, i == 0);
  run_wave(layers, count, tasks[0]->steps);
}

template void run_forward_wave(SequenceTask<float>* const*, int);
template void run_forward_wave(SequenceTask<double>* const*, int);
template void run_forward(const SequenceTask<float>&, const Share&, Barrier&);
template void run_forward(const SequenceTask<double>&, const Share&, Barrier&);

}  // namespace sluice
