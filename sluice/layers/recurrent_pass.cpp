#include "sluice/layers/recurrent_pass.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/parallel.h"
#include "sluice/layers/cell_packing.h"
#include "sluice/layers/sequence_loop.h"

namespace sluice {

SequenceView SequenceView::part(int first, int count) const {
  SequenceView view = *this;
  view.first_column += first;
  view.columns = count;
  return view;
}

namespace {

/// Threads share the units where the weights outgrow the second cache, or where rows are few and
/// units many; else each takes whole slices of rows and meets no barrier.
bool share_units(const CellLayout& layout, int batch) {
  constexpr int64_t cache = 1 << 20;
  const int64_t bytes = layout.packed_size() * 4;
  return bytes > cache || (batch < 32 && layout.hidden_size >= 128);
}

int choose_slices(const CellLayout& layout, int batch) {
  constexpr int fewest_rows = 16, most_slices = 8;
  if (share_units(layout, batch)) return 1;
  return std::clamp(batch / fewest_rows, 1, most_slices);
}

/// Whether y's own memory can hold the hidden states that the loop reads back.
bool y_serves(const CellLayout& layout, const PassMemory& memory) {
  return memory.y.defined() && !memory.plan.ragged() && layout.padded == layout.hidden_size;
}

template <class T>
Tensor room(int64_t count) {
  return Tensor::uninitialized({count}, dtype_of<T>);
}

/// Copies rows between a view and packed memory [slice][step][row][width]; ragged or padded only.
template <class T, class Copy>
void for_each_row(const RowPlan& plan, bool reverse, int width, Copy&& copy) {
  parallel_for(plan.slices(), [&](int64_t slice) {
    const int i = static_cast<int>(slice), begin = plan.begin(i), count = plan.count(i);
    for (int s = 0; s < plan.steps(); ++s) {
      const int rows = plan.active(i) ? plan.active(i)[s] : count;
      for (int r = 0; r < rows; ++r) {
        const int64_t at = (int64_t{begin} * plan.steps() + int64_t{s} * count + r) * width;
        copy(at, plan.time(begin + r, s, reverse), plan.row(begin + r));
      }
    }
  });
}

template <class T>
Tensor gather(const SequenceView& from, const RowPlan& plan, bool reverse, int width) {
  Tensor packed = room<T>(int64_t{plan.batch()} * plan.steps() * width);
  T* to = packed.data<T>();
  for_each_row<T>(plan, reverse, width, [&](int64_t at, int time, int row) {
    std::copy_n(from.at<T>(time, row), from.columns, to + at);
    std::fill_n(to + at + from.columns, width - from.columns, T{0});
  });
  return packed;
}

template <class T>
void scatter(const T* packed, int width, SequenceView& to, const RowPlan& plan, bool reverse) {
  for_each_row<T>(plan, reverse, width, [&](int64_t at, int time, int row) {
    std::copy_n(packed + at, to.columns, to.at<T>(time, row));
  });
}

/// Calls f(time, row, position, after) for every padded step; `after` the row's last true step in
/// the order of processing, or before its first.
template <class F>
void for_each_padding(const RowPlan& plan, bool reverse, F&& f) {
  for (int p = 0; p < plan.batch(); ++p) {
    const int length = plan.length(p);
    const int first = std::min(plan.time(p, 0, reverse), plan.time(p, length - 1, reverse));
    for (int t = 0; t < plan.steps(); ++t)
      if (t < first || t >= first + length) f(t, plan.row(p), p, (t >= first) != reverse);
  }
}

/// Fills the padding of a ragged sequence with zeros, or with the state held there.
template <class T>
void fill_padding(SequenceView& y, const PassMemory& m, bool reverse, bool hold, int padded) {
  for_each_padding(m.plan, reverse, [&](int time, int row, int p, bool after) {
    T* to = y.at<T>(time, row);
    if (!hold)
      std::fill_n(to, y.columns, T{0});
    else if (after)
      std::copy_n(y.at<T>(m.plan.time(p, m.plan.length(p) - 1, reverse), row), y.columns, to);
    else
      std::copy_n(std::as_const(m.first).template data<T>() + int64_t{p} * padded, y.columns, to);
  });
}

/// One slice's view of the pass; what forward and backward have in common.
template <class T>
SequenceTask<T> make_task(const Direction& d, const PassMemory& m, int slice) {
  const CellLayout& layout = d.layout;
  const RowPlan& plan = m.plan;
  SequenceTask<T> q{};
  q.layout = &layout;
  q.panels = &panel_kernels<T>();
  q.kernel = &layout.cell->kernel<T>();
  q.switches = d.switches;
  q.steps = plan.steps();
  q.rows = plan.count(slice);
  q.active = plan.active(slice);
  const int64_t begin = plan.begin(slice), steps = q.steps, rows = q.rows;

  const T* weights = std::as_const(d.weights.value()).template data<T>();
  q.weights[0] = weights;
  q.weights[1] = weights + layout.packed_size(Part::input);
  q.weights[2] = q.weights[1] + layout.packed_size(Part::hidden);
  q.start = std::as_const(m.start).template data<T>();

  if (plan.ragged()) {
    q.x = std::as_const(m.packed_x).template data<T>() + begin * steps * layout.input_size;
    q.x_step = rows * layout.input_size;
    q.x_row = layout.input_size;
  } else {
    q.x = m.x.at<T>(d.reverse ? q.steps - 1 : 0, static_cast<int>(begin));
    q.x_step = m.x.step_stride() * (d.reverse ? -1 : 1);
    q.x_row = m.x.row_stride();
  }

  const bool remembers =
      m.z.numel() > int64_t{plan.batch()} * layout.padded * layout.slots || steps == 1;
  q.h_period = q.steps;
  if (y_serves(layout, m)) {
    SequenceView y = m.y;
    q.h = y.at<T>(d.reverse ? q.steps - 1 : 0, static_cast<int>(begin));
    q.h_step = y.step_stride() * (d.reverse ? -1 : 1);
    q.h_row = y.row_stride();
  } else {
    Tensor h = m.h;
    q.h_period = static_cast<int>(m.h.numel() / (int64_t{plan.batch()} * layout.padded));
    q.h = h.data<T>() + begin * q.h_period * layout.padded;
    q.h_step = rows * layout.padded;
    q.h_row = layout.padded;
  }
  q.h_first = std::as_const(m.first).template data<T>() + begin * layout.padded;
  q.zero_first = m.zero_first;
  for (int k = 1; k < layout.states; ++k) {
    Tensor state = m.state[k];
    const int64_t kept = remembers ? steps + 1 : 1;
    q.state[k] = state.data<T>() + begin * kept * layout.padded;
    q.state_step = remembers ? rows * layout.padded : 0;
  }
  Tensor z = m.z;
  const int64_t row = int64_t{layout.slots} * layout.padded;
  q.z = z.data<T>() + begin * (remembers ? steps : 1) * row;
  q.z_step = remembers ? rows * row : 0;
  if (layout.has_message) {
    Tensor message = m.message;
    q.message = message.data<T>() + begin * (remembers ? steps : 1) * layout.padded;
    q.message_step = remembers ? rows * layout.padded : 0;
  }
  return q;
}

/// Runs `work(task, share, barrier)` over the slices, sharing rows or units.
template <class T, class Work>
void share_work(const Direction& d, const PassMemory& m, PoolArray<SequenceTask<T>>& tasks,
                const Work& work) {
  if (m.units) {
    const int wanted = static_cast<int>(d.layout.hidden_blocks.size());
    run_team(wanted, [&](int thread, int team, Barrier& barrier) {
      work(tasks[0], share_of(d.layout, thread, team), barrier);
    });
    return;
  }
  parallel_for(m.plan.slices(), [&](int64_t slice) {
    Barrier alone(1);
    work(tasks[slice], share_of(d.layout, 0, 1), alone);
  });
}

/// Most threads that can work on one task: each needs room of its own.
int most_threads(const Direction& d, const PassMemory& m) {
  return m.units ? std::min<int>(num_threads(), static_cast<int>(d.layout.hidden_blocks.size()))
                 : 1;
}

template <class T>
void make_start(const Direction& d, PassMemory& m) {
  m.start = Tensor({d.layout.bias_size()}, dtype_of<T>);
  T* start = m.start.data<T>();
  for (const Variable* bias : {&d.bias_input, &d.bias_hidden}) {
    if (!bias->defined()) continue;
    const T* b = bias->value().data<T>();
    for (int64_t i = 0; i < d.layout.bias_size(); ++i) start[i] += b[i];
  }
}

/// [B,H] given states to the layout of the loop; null: zeros.
template <class T>
void load_first(const CellLayout& layout, PassMemory& m, const T* const* first, bool remembers) {
  const RowPlan& plan = m.plan;
  const int h = layout.hidden_size;
  m.first = Tensor({int64_t{plan.batch()} * layout.padded}, dtype_of<T>);
  m.zero_first = true;
  for (int k = 0; k < layout.states; ++k) m.zero_first = m.zero_first && first[k] == nullptr;
  for (int p = 0; first[0] && p < plan.batch(); ++p)
    std::copy_n(first[0] + int64_t{plan.row(p)} * h, h,
                m.first.data<T>() + int64_t{p} * layout.padded);
  for (int k = 1; k < layout.states; ++k) {
    const int64_t kept = remembers ? plan.steps() + 1 : 1;
    m.state[k] = room<T>(plan.batch() * kept * layout.padded);
    for (int slice = 0; slice < plan.slices(); ++slice) {
      const int begin = plan.begin(slice), rows = plan.count(slice);
      T* to = m.state[k].data<T>() + begin * kept * layout.padded;
      std::fill_n(to, int64_t{rows} * layout.padded, T{0});
      for (int r = 0; first[k] && r < rows; ++r)
        for (int u = 0; u < h; ++u)
          to[(int64_t{u / layout.lanes} * rows + r) * layout.lanes + u % layout.lanes] =
              first[k][int64_t{plan.row(begin + r)} * h + u];
    }
  }
}

/// Each row's states after its own last step, to [B,H].
template <class T>
void store_last(const CellLayout& layout, const RowPlan& plan, int slice, const SequenceTask<T>& q,
                T* const* last) {
  const int begin = plan.begin(slice), h = layout.hidden_size;
  for (int r = 0; r < q.rows; ++r) {
    const int s = plan.length(begin + r) - 1;
    const int64_t to = int64_t{plan.row(begin + r)} * h;
    if (last[0]) std::copy_n(q.h + (s % q.h_period) * q.h_step + r * q.h_row, h, last[0] + to);
    for (int k = 1; k < layout.states; ++k) {
      if (!last[k]) continue;
      const T* from = q.state[k] + (s + 1) * q.state_step;
      for (int u = 0; u < h; ++u)
        last[k][to + u] =
            from[(int64_t{u / layout.lanes} * q.rows + r) * layout.lanes + u % layout.lanes];
    }
  }
}

}  // namespace

template <class T>
void forward_pass(const Direction& d, PassMemory& m, const Padding& padding, const T* const* first,
                  T* const* last, bool remember) {
  const CellLayout& layout = d.layout;
  const int steps = m.x.steps(), batch = m.x.batch();
  m.units = share_units(layout, batch);
  m.plan = RowPlan(steps, batch, choose_slices(layout, batch), padding);
  const bool remembers = remember || steps == 1;
  make_start<T>(d, m);
  load_first(layout, m, first, remembers);
  if (m.plan.ragged()) m.packed_x = gather<T>(m.x, m.plan, d.reverse, layout.input_size);
  const int64_t kept = remembers ? steps : 1, rows = batch;
  m.z = room<T>(rows * kept * layout.padded * layout.slots);
  if (layout.has_message) m.message = room<T>(rows * kept * layout.padded);
  const bool keep_h = remembers || m.y.defined() || m.plan.ragged();
  if (!y_serves(layout, m)) m.h = room<T>(rows * layout.padded * (keep_h ? steps : 2));

  PoolArray<SequenceTask<T>> tasks(m.plan.slices());
  const int threads = most_threads(d, m);
  const size_t lots = static_cast<size_t>(threads) * m.plan.slices();
  PoolArray<PanelTask<T>> panel_tasks(lots * task_room(layout));
  PoolArray<Segment<T>> segments(lots * 2 * task_room(layout));
  for (int i = 0; i < m.plan.slices(); ++i) {
    tasks[i] = make_task<T>(d, m, i);
    tasks[i].tasks = panel_tasks.data() + i * threads * task_room(layout);
    tasks[i].segments = segments.data() + i * threads * 2 * task_room(layout);
  }
  share_work(d, m, tasks, [](const SequenceTask<T>& q, const Share& share, Barrier& barrier) {
    run_forward(q, share, barrier);
  });
  for (int i = 0; i < m.plan.slices(); ++i) store_last(layout, m.plan, i, tasks[i], last);
  if (m.y.defined() && !y_serves(layout, m)) {
    scatter(std::as_const(m.h).template data<T>(), layout.padded, m.y, m.plan, d.reverse);
    if (m.plan.ragged()) fill_padding<T>(m.y, m, d.reverse, m.hold, layout.padded);
  }
}

namespace {

/// Memory of one backward pass.
template <class T>
struct BackwardRoom {
  Tensor dy, dh, dstate[max_states], dmessage, dx, dx_tail, dweights, dstart, transposed[3];
};

/// Adds `slices` buffers of `count` numbers, in order, to `to`.
template <class T>
void add_slices(const T* from, int slices, int64_t count, T* to) {
  constexpr int64_t chunk = 16384;
  parallel_for((count + chunk - 1) / chunk, [&](int64_t i) {
    const int64_t begin = i * chunk, end = std::min(count, begin + chunk);
    for (int slice = 0; slice < slices; ++slice) {
      const T* source = from + slice * count;
      for (int64_t j = begin; j < end; ++j) to[j] += source[j];
    }
  });
}

/// Gradients of the last states, and of the last output, in the layout of the loop.
template <class T>
void load_last_gradients(const Direction& d, const PassMemory& m, const SequenceView& dy,
                         const T* const* dlast, BackwardRoom<T>& room_) {
  const CellLayout& layout = d.layout;
  const RowPlan& plan = m.plan;
  const int h = layout.hidden_size;
  T* dh = room_.dh.template data<T>();
  for (int p = 0; p < plan.batch(); ++p) {
    T* to = dh + int64_t{p} * layout.padded;
    const int row = plan.row(p);
    if (dlast[0]) std::copy_n(dlast[0] + int64_t{row} * h, h, to);
    if (!dy.defined()) continue;
    const T* last = dy.at<T>(plan.time(p, plan.length(p) - 1, d.reverse), row);
    for (int u = 0; u < h; ++u) to[u] += last[u];
  }
  if (m.hold && dy.defined() && plan.ragged())  // what arrives at a held output is its own
    for_each_padding(plan, d.reverse, [&](int time, int row, int p, bool after) {
      const T* held = dy.at<T>(time, row);
      for (int u = 0; after && u < h; ++u) dh[int64_t{p} * layout.padded + u] += held[u];
    });
  for (int k = 1; k < layout.states; ++k)
    for (int slice = 0; dlast[k] && slice < plan.slices(); ++slice) {
      const int begin = plan.begin(slice), rows = plan.count(slice);
      T* to = room_.dstate[k].template data<T>() + int64_t{begin} * layout.padded;
      for (int r = 0; r < rows; ++r)
        for (int u = 0; u < h; ++u)
          to[(int64_t{u / layout.lanes} * rows + r) * layout.lanes + u % layout.lanes] =
              dlast[k][int64_t{plan.row(begin + r)} * h + u];
    }
}

template <class T>
void store_first_gradients(const Direction& d, const PassMemory& m, const SequenceView& dy,
                           BackwardRoom<T>& room_, T* const* dfirst) {
  const CellLayout& layout = d.layout;
  const RowPlan& plan = m.plan;
  const int h = layout.hidden_size;
  for (int p = 0; dfirst[0] && p < plan.batch(); ++p)
    std::copy_n(room_.dh.template data<T>() + int64_t{p} * layout.padded, h,
                dfirst[0] + int64_t{plan.row(p)} * h);
  if (dfirst[0] && m.hold && dy.defined() && plan.ragged())
    for_each_padding(plan, d.reverse, [&](int time, int row, int, bool after) {
      const T* held = dy.at<T>(time, row);
      for (int u = 0; !after && u < h; ++u) dfirst[0][int64_t{row} * h + u] += held[u];
    });
  for (int k = 1; k < layout.states; ++k)
    for (int slice = 0; dfirst[k] && slice < plan.slices(); ++slice) {
      const int begin = plan.begin(slice), rows = plan.count(slice);
      const T* from = room_.dstate[k].template data<T>() + int64_t{begin} * layout.padded;
      for (int r = 0; r < rows; ++r)
        for (int u = 0; u < h; ++u)
          dfirst[k][int64_t{plan.row(begin + r)} * h + u] =
              from[(int64_t{u / layout.lanes} * rows + r) * layout.lanes + u % layout.lanes];
    }
}

/// The transposed copies this pass needs, made by all threads.
template <class T>
void transpose(const Direction& d, const SequenceTask<T>& q, bool input, BackwardRoom<T>& room_) {
  for (Part part : {Part::input, Part::hidden, Part::message}) {
    if (part == Part::input ? !input : d.layout.part(part).count == 0) continue;
    const int p = static_cast<int>(part);
    room_.transposed[p] = room<T>(d.layout.transposed_size(part));
    T* to = room_.transposed[p].template data<T>();
    parallel_for(static_cast<int64_t>(d.layout.blocks(part).size()), [&](int64_t block) {
      const int b = static_cast<int>(block);
      transpose_weights(d.layout, part, q.weights[p], to, b, b + 1);
    });
  }
}

/// Completes a forward task with what backward reads and writes.
template <class T>
class BackwardTasks {
 public:
  BackwardTasks(const Direction& d, const PassMemory& m, const SequenceView& dy, SequenceView& dx,
                BackwardRoom<T>& r)
      : d_(d), m_(m), dy_(dy), dx_(dx), r_(r), direct_(m.plan.slices() == 1) {}

  void complete(SequenceTask<T>& q, int slice) {
    const CellLayout& layout = d_.layout;
    const int64_t begin = m_.plan.begin(slice);
    const bool ragged = m_.plan.ragged();
    for (int p = 0; p < 3; ++p)
      if (r_.transposed[p].defined()) q.transposed[p] = r_.transposed[p].template data<T>();
    if (r_.dy.defined()) {
      q.dy = r_.dy.template data<T>() + begin * q.steps * layout.padded;
      q.dy_step = int64_t{q.rows} * layout.padded;
      q.dy_row = layout.padded;
    } else if (dy_.defined()) {
      q.dy = dy_.at<T>(d_.reverse ? q.steps - 1 : 0, static_cast<int>(begin));
      q.dy_step = dy_.step_stride() * (d_.reverse ? -1 : 1);
      q.dy_row = dy_.row_stride();
    }
    q.dh = r_.dh.template data<T>() + begin * layout.padded;
    q.dmessage =
        r_.dmessage.defined() ? r_.dmessage.template data<T>() + begin * layout.padded : q.dh;
    for (int k = 1; k < layout.states; ++k)
      q.dstate[k] = r_.dstate[k].template data<T>() + begin * layout.padded;
    if (dx_.defined()) {
      q.dx_tail = r_.dx_tail.template data<T>() + slice * tail_room(layout);
      q.dx_columns = layout.input_size;
      if (ragged) {
        q.dx = r_.dx.template data<T>() + begin * q.steps * layout.input_size;
        q.dx_step = int64_t{q.rows} * layout.input_size;
        q.dx_row = layout.input_size;
      } else {
        q.dx = dx_.at<T>(d_.reverse ? q.steps - 1 : 0, static_cast<int>(begin));
        q.dx_step = dx_.step_stride() * (d_.reverse ? -1 : 1);
        q.dx_row = dx_.row_stride();
      }
    }
    T* weights = direct_ ? d_.weights.grad_buffer().template data<T>()
                         : r_.dweights.template data<T>() + slice * layout.packed_size();
    q.dweights[0] = weights;
    q.dweights[1] = weights + layout.packed_size(Part::input);
    q.dweights[2] = q.dweights[1] + layout.packed_size(Part::hidden);
    if (r_.dstart.defined()) q.dstart = r_.dstart.template data<T>() + slice * layout.bias_size();
  }

  /// Sums over slices, in order, into the parameters' gradients.
  void collect() {
    const int slices = m_.plan.slices();
    const int64_t bias = d_.layout.bias_size();
    if (!direct_)
      add_slices(std::as_const(r_.dweights).template data<T>(), slices, d_.layout.packed_size(),
                 d_.weights.grad_buffer().template data<T>());
    for (bool input_side : {true, false}) {
      const Variable& b = input_side ? d_.bias_input : d_.bias_hidden;
      if (!b.defined()) continue;
      T* to = b.grad_buffer().template data<T>();
      for (int slice = 0; slice < slices; ++slice)
        add_bias(input_side, std::as_const(r_.dstart).template data<T>() + slice * bias, to);
    }
  }

  void add_bias(bool input_side, const T* from, T* to) const {
    const int lanes = d_.layout.lanes, gates = d_.layout.gates;
    for (int gate = 0; gate < gates; ++gate) {
      if (!has_bias(d_.layout, gate, input_side)) continue;
      for (int64_t i = gate * lanes; i < d_.layout.bias_size(); i += int64_t{gates} * lanes)
        for (int lane = 0; lane < lanes; ++lane) to[i + lane] += from[i + lane];
    }
  }

  bool direct() const { return direct_; }

 private:
  const Direction& d_;
  const PassMemory& m_;
  const SequenceView& dy_;
  SequenceView& dx_;
  BackwardRoom<T>& r_;
  const bool direct_;  // one slice adds straight to the gradients
};

}  // namespace

template <class T>
void backward_pass(const Direction& d, const PassMemory& m, const SequenceView& dy,
                   const T* const* dlast, SequenceView dx, T* const* dfirst) {
  const CellLayout& layout = d.layout;
  const RowPlan& plan = m.plan;
  const int64_t batch = plan.batch(), slices = plan.slices();
  const DType type = dtype_of<T>;
  BackwardRoom<T> r;
  BackwardTasks<T> complete(d, m, dy, dx, r);
  // Lanes past the last unit must see zeros, so a narrow or ragged dy is copied.
  if (dy.defined() && (plan.ragged() || layout.padded != layout.hidden_size))
    r.dy = gather<T>(dy, plan, d.reverse, layout.padded);
  r.dh = Tensor({batch * layout.padded}, type);
  for (int k = 1; k < layout.states; ++k) r.dstate[k] = Tensor({batch * layout.padded}, type);
  if (layout.has_message) r.dmessage = room<T>(batch * layout.padded);
  load_last_gradients(d, m, dy, dlast, r);
  const int threads = most_threads(d, m);
  if (dx.defined()) {
    if (plan.ragged()) r.dx = room<T>(batch * plan.steps() * layout.input_size);
    r.dx_tail = room<T>(tail_room(layout) * threads * slices);
  }
  if (!complete.direct()) r.dweights = Tensor({slices * layout.packed_size()}, type);
  if (d.bias_input.defined() || d.bias_hidden.defined())
    r.dstart = Tensor({slices * layout.bias_size()}, type);

  PoolArray<SequenceTask<T>> tasks(slices);
  PoolArray<Segment<T>> segments(segment_room(layout) * threads * slices);
  for (int i = 0; i < slices; ++i) {
    tasks[i] = make_task<T>(d, m, i);
    if (i == 0) transpose(d, tasks[0], dx.defined(), r);
    complete.complete(tasks[i], i);
    tasks[i].need_first = dfirst[0] != nullptr;
    tasks[i].segments = segments.data() + static_cast<ptrdiff_t>(i) * threads * segment_room(layout);
  }
  share_work(d, m, tasks, [](const SequenceTask<T>& q, const Share& share, Barrier& barrier) {
    run_backward(q, share, barrier);
  });
  complete.collect();
  store_first_gradients(d, m, dy, r, dfirst);
  if (dx.defined() && plan.ragged()) {
    scatter(std::as_const(r.dx).template data<T>(), layout.input_size, dx, plan, d.reverse);
    fill_padding<T>(dx, m, d.reverse, false, 0);
  }
}

#define SLUICE_INSTANTIATE(T)                                                                \
  template void forward_pass(const Direction&, PassMemory&, const Padding&, const T* const*, \
                             T* const*, bool);                                               \
  template void backward_pass(const Direction&, const PassMemory&, const SequenceView&,      \
                              const T* const*, SequenceView, T* const*);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice
