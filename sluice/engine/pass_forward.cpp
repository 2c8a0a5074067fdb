// A direction's forward pass: memory, states and threads around the time loop.
#include "sluice/engine/pass_masks.h"
#include "sluice/engine/pass_memory.h"
#include "sluice/engine/sequence_row.h"

namespace sluice {

namespace {

/// Threads share the units where the weights outgrow the second cache, or where rows are few and
/// units many; else each takes whole slices of rows and meets no barrier. Large weights need long
/// slices, which each add gradients as large.
bool share_units(const CellLayout& layout, int64_t batch, int64_t steps) {
  constexpr int64_t cache = 3 << 19, large = 1 << 20, long_slices = 1 << 14;
  const int64_t bytes = layout.packed_size() * 4;
  return bytes > cache || (bytes > large && batch * steps < long_slices) ||
         (batch < 32 && layout.hidden_size >= 128);
}

/// For gradients, which are summed over slices, from the shape alone; otherwise no more slices than
/// have a thread or rows enough to be worth reading the weights for.
int choose_slices(int batch, bool gradients) {
  constexpr int fewest_rows = 16, enough_rows = 32, most_slices = 8;
  int slices = batch / fewest_rows;
  if (!gradients) slices = std::max(batch / enough_rows, std::min(slices, num_threads()));
  return std::clamp(slices, 1, most_slices);
}

}  // namespace

int slices_of(const CellLayout& layout, int batch, int steps, bool remember) {
  return share_units(layout, batch, steps) ? 1 : choose_slices(batch, remember);
}

namespace {

/// [B,H] given states to the layout of the loop; null: zeros.
template <class T>
void load_first(const CellLayout& layout, PassMemory& m, const T* const* first) {
  const RowPlan& plan = m.plan;
  const int h = layout.out;
  m.first = Tensor({int64_t{plan.batch()} * layout.out_padded}, dtype_of<T>);
  m.zero_first = true;
  for (int k = 0; k < layout.states; ++k) m.zero_first = m.zero_first && first[k] == nullptr;
  for (int p = 0; first[0] && p < plan.batch(); ++p)
    std::copy_n(first[0] + int64_t{plan.row(p)} * h, h,
                m.first.data<T>() + int64_t{p} * layout.out_padded);
  for (int k = 1; k < layout.states; ++k) {
    const int64_t kept = m.loop.keeps ? plan.steps() + 1 : 1;
    for (int slice = 0; slice < plan.slices(); ++slice) {
      T* to = m.loop.state[k].data<T>() + plan.begin(slice) * kept * layout.padded;
      std::fill_n(to, int64_t{plan.count(slice)} * layout.padded, T{0});
      if (first[k])
        for_each_unit(layout, plan, slice,
                      [&](int64_t neutral, int64_t packed) { to[packed] = first[k][neutral]; });
    }
  }
}

/// Room for the states before each segment.
template <class T>
void make_borders(const CellLayout& layout, PassMemory& m) {
  if (m.segments.empty()) return;
  const int64_t rows = int64_t{m.plan.batch()} * m.segments.most();
  m.border_h = room<T>(rows * layout.out_padded);
  for (int k = 1; k < layout.states; ++k) m.border_state[k] = room<T>(rows * layout.padded);
}

/// Each row's states after its own last step, to [B,H].
template <class T>
void store_last(const CellLayout& layout, const RowPlan& plan, int slice, const SequenceTask<T>& q,
                T* const* last) {
  const int begin = plan.begin(slice), h = layout.hidden_size;
  for (int r = 0; r < q.rows; ++r) {
    const int s = plan.length(begin + r) - 1;
    const int64_t to = int64_t{plan.row(begin + r)} * h;
    if (last[0])
      std::copy_n(q.h + (s % q.h_period) * q.h_step + r * q.h_row, layout.out,
                  last[0] + int64_t{plan.row(begin + r)} * layout.out);
    for (int k = 1; k < layout.states; ++k) {
      if (!last[k]) continue;
      const T* from = q.state[k] + (s + 1) * q.state_step;
      for (int u = 0; u < h; ++u)
        last[k][to + u] =
            from[(int64_t{u / layout.lanes} * q.rows + r) * layout.lanes + u % layout.lanes];
    }
  }
}

/// A state after every step to its columns of the output.
template <class T>
void scatter_state(const CellLayout& layout, const PassMemory& m, int state, bool reverse,
                   SequenceView to) {
  const RowPlan& plan = m.plan;
  const T* const all = std::as_const(m.loop.state[state]).template data<T>();
  const auto rows = to.rows<T>();
  parallel_for(plan.slices(), [&](int64_t slice) {
    const int i = static_cast<int>(slice), begin = plan.begin(i), count = plan.count(i);
    const int lanes = layout.lanes, width = layout.hidden_size;
    const T* const first = all + int64_t{begin} * (plan.steps() + 1) * layout.padded;
    for (int s = 0; s < plan.steps(); ++s)
      for (int r = 0; r < (plan.active(i) ? plan.active(i)[s] : count); ++r) {
        const T* from = first + (s + int64_t{1}) * count * layout.padded + r * lanes;
        T* const at = rows.at(plan.time(begin + r, s, reverse), plan.row(begin + r));
        for (int u = 0; u < width; u += lanes, from += count * lanes)
          std::copy_n(from, std::min(lanes, width - u), at + u);
      }
  });
}

/// Some value after every step to its columns of the output, where the loop has not written it.
template <class T>
void scatter_value(const CellLayout& layout, const PassMemory& m, int value, bool reverse,
                   SequenceView to) {
  const LoopMemory& loop = m.loop;
  if (value > 0 && value < layout.states) return scatter_state<T>(layout, m, value, reverse, to);
  const Tensor& packed = value == 0 ? loop.h : loop.output[value];
  if (packed.defined()) scatter(packed.data<T>(), layout.out_padded, to, m.plan, reverse);
}

}  // namespace

template <class T>
ForwardPass<T>::ForwardPass(const Direction& direction, PassMemory& m, const Padding& padding,
                            const T* const* first, bool remember)
    : direction_(direction), memory_(m) {
  const CellLayout& layout = direction.layout;
  const int steps = m.x.steps(), batch = m.x.batch();
  m.units = share_units(layout, batch, steps);
  m.plan = RowPlan(steps, batch, slices_of(layout, batch, steps, remember), padding);
  if (remember && m.segment > 0 && m.segment < steps)
    m.segments = SegmentPlan(layout, m.plan, sizeof(T), m.segment);
  const bool remembers = (remember && m.segments.empty()) || steps == 1;
  make_loop_memory<T>(layout, m, steps, remembers, m.loop);
  make_output_memory<T>(layout, m, true, m.loop);
  m.start = room<T>(layout.bias_size());
  sum_biases(direction, m.start.data<T>());
  load_first(layout, m, first);
  if (m.rule.training && m.rule.rates.input > 0 && !m.rule.copies_input())
    m.x = masked_input<T>(m.rule, m.x);
  if (m.rule.training && m.rule.rates.weights > 0)
    m.weights = masked_weights<T>(layout, m.rule, direction.weights.value());
  if (m.plan.ragged() && !m.x.sorted) {
    m.sorted_x = sorted_room<T>(m.plan, m.x.columns);
    gather(m.x, m.plan, direction.reverse, m.x.columns, m.sorted_x.tensor.data<T>());
  }
  make_borders<T>(layout, m);
  const bool looked_up = layout.gives_value(0) || layout.cell->info.reads_state[0];
  const bool keep_h = (looked_up && (remembers || m.y.defined())) || m.plan.ragged();
  if (!y_serves(layout, m))
    m.loop.h = room<T>(int64_t{batch} * layout.out_padded * (keep_h ? steps : 2));

  const int slices = m.plan.slices();
  tasks_ = PoolArray<SequenceTask<T>>(slices);
  for (int i = 0; i < slices; ++i) tasks_[i] = make_task<T>(direction, m, m.loop, i);
  if (layout.gives_h() && loop_finds_rows(layout, m, m.y)) give_rows();
  make_masks(direction, m, mask_room_, masks_, tasks_);
  if (std::all_of(tasks_.begin(), tasks_.end(), runs_by_row<T>)) return;
  room_.give(layout, most_threads(direction, m), tasks_);
}

/// Lets the loop write y's rows where they belong.
template <class T>
void ForwardPass<T>::give_rows() {
  const PassMemory& m = memory_;
  y_rows_ = first_steps(m.y, m.plan, direction_.reverse);
  const bool past_caches = !stays_in_caches(m.y.tensor.numel() * int64_t{sizeof(T)});
  for (int i = 0; i < m.plan.slices(); ++i) {
    tasks_[i].y = m.y.tensor.shared_data<T>();
    tasks_[i].y_step = next_step(m.y, direction_.reverse);
    tasks_[i].y_past_caches = past_caches;
    tasks_[i].y_rows = y_rows_.data() + m.plan.begin(i);
  }
}

template <class T>
void ForwardRoom<T>::give(const CellLayout& layout, int threads,
                          PoolArray<SequenceTask<T>>& tasks) {
  const int64_t lot = threads * task_room(layout), slices = static_cast<int64_t>(tasks.size());
  panel_tasks_ = PoolArray<PanelTask<T>>(slices * lot);
  segments_ = PoolArray<Segment<T>>(slices * lot * 2);
  pointwise_ = PoolArray<PointwiseTask<T>>(slices * threads * layout.groups);
  for (int64_t i = 0; i < slices; ++i) {
    tasks[i].tasks = panel_tasks_.data() + i * lot;
    tasks[i].segments = segments_.data() + i * lot * 2;
    tasks[i].pointwise = pointwise_.data() + i * threads * layout.groups;
  }
}

template <class T>
void ForwardPass<T>::run() {
  share_work(direction_, memory_, [&](int slice, const Share& share, Barrier& barrier) {
    if (memory_.segments.empty()) return run_forward(tasks_[slice], share, barrier);
    const auto borders = borders_of<T>(direction_.layout, memory_, slice);
    run_forward_segments(tasks_[slice], borders, share, barrier);
  });
}

template <class T>
SequenceTask<T>* ForwardPass<T>::only_task() {
  return tasks_.size() == 1 && !memory_.units ? tasks_.data() : nullptr;
}

template <class T>
void ForwardPass<T>::finish(T* const* last) {
  const CellLayout& layout = direction_.layout;
  PassMemory& m = memory_;
  for (int i = 0; i < m.plan.slices(); ++i) store_last(layout, m.plan, i, tasks_[i], last);
  if (m.y.defined() && !y_serves(layout, m)) {
    for (size_t i = 0; y_rows_.size() == 0 && i < layout.gives.size(); ++i)
      scatter_value<T>(layout, m, layout.gives[i], direction_.reverse,
                       m.y.part(static_cast<int>(i) * layout.out, layout.out));
    if (m.plan.ragged()) fill_padding<T>(m.y, m, direction_.reverse, m.hold, layout.out_padded);
  }
  if (!m.segments.empty()) m.loop = {};  // nothing looks back into it
}

template class ForwardRoom<float>;
template class ForwardRoom<double>;
template class ForwardPass<float>;
template class ForwardPass<double>;

}  // namespace sluice
