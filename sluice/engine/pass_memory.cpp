#include "sluice/engine/pass_memory.h"

namespace sluice {

SequenceView SequenceView::part(int first, int count) const {
  SequenceView view = *this;
  view.first_column += first;
  view.columns = count;
  return view;
}

namespace {

template <class T>
void set_norms(const Direction& d, const PassMemory& m, int slice, bool remembers,
               SequenceTask<T>& q) {
  const CellLayout& layout = d.layout;
  const int64_t begin = m.plan.begin(slice), kept = remembers ? m.plan.steps() : 1;
  const int64_t norms = static_cast<int64_t>(layout.first_normed.size());
  const auto at = [&](Tensor all, int64_t numbers) { return all.data<T>() + begin * numbers; };
  q.affine = std::as_const(d.affine.value()).template data<T>();
  q.normed = at(m.normed, kept * layout.normed * layout.padded);
  q.scale = at(m.scale, kept * norms);
  q.norm_room = at(m.norm_room, norms * 2);
  q.normed_step = remembers ? int64_t{q.rows} * layout.normed * layout.padded : 0;
  q.scale_step = remembers ? norms * q.rows : 0;
}

template <class T>
void set_input(const Direction& d, const PassMemory& m, int slice, SequenceTask<T>& q) {
  const int begin = m.plan.begin(slice);
  const SequenceView& x = m.x_gates.defined() ? m.x_gates : m.x;
  q.x_gate = m.x_gates.defined() ? d.layout.input_size : 0;
  if (m.plan.ragged()) {
    q.x = std::as_const(m.packed_x).template data<T>() + int64_t{begin} * q.steps * x.columns;
    q.x_step = int64_t{q.rows} * x.columns;
    q.x_row = x.columns;
  } else {
    q.x = x.at<T>(d.reverse ? q.steps - 1 : 0, begin);
    q.x_step = x.step_stride() * (d.reverse ? -1 : 1);
    q.x_row = x.row_stride();
  }
}

}  // namespace

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

  const Tensor& packed = m.weights.defined() ? m.weights : std::as_const(d.weights.value());
  const T* weights = packed.data<T>();
  for (int p = 0; p < layout.parts(); ++p)
    q.weights[p] = weights + layout.packed_offset(part_at(p));
  if (d.units.defined()) q.units = std::as_const(d.units.value()).template data<T>();
  q.start = std::as_const(m.start).template data<T>();

  set_input(d, m, slice, q);

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
    q.h_period = static_cast<int>(m.h.numel() / (int64_t{plan.batch()} * layout.out_padded));
    q.h = h.data<T>() + begin * q.h_period * layout.out_padded;
    q.h_step = rows * layout.out_padded;
    q.h_row = layout.out_padded;
  }
  q.h_first = std::as_const(m.first).template data<T>() + begin * layout.out_padded;
  q.zero_first = m.zero_first;
  for (int k = 1; k < layout.values; ++k) {
    Tensor state = m.state[k];
    const int64_t kept = state.numel() / (int64_t{plan.batch()} * layout.padded);
    q.state[k] = state.data<T>() + begin * kept * layout.padded;
    q.state_step = kept > 1 ? rows * layout.padded : 0;
  }
  Tensor z = m.z;
  const int64_t row = int64_t{layout.slots} * layout.padded;
  q.z = z.data<T>() + begin * (remembers ? steps : 1) * row;
  q.z_step = remembers ? rows * row : 0;
  for (int k = 0; k < layout.messages; ++k) {
    Tensor message = m.message[k];
    q.message[k] = message.data<T>() + begin * (remembers ? steps : 1) * layout.padded;
  }
  q.message_step = remembers ? rows * layout.padded : 0;
  if (layout.normed > 0) set_norms(d, m, slice, remembers, q);
  if (layout.projects()) {
    q.projection = std::as_const(d.projection.value()).template data<T>();
    Tensor full = m.full;
    q.full = full.data<T>() + begin * (remembers ? steps : 1) * layout.padded;
    q.full_step = q.message_step;
  }
  if (m.source.defined()) {
    Tensor source = m.source;
    q.source_copy = m.rule.rates.untied() ? layout.padded : 0;
    q.source_row = ptrdiff_t{layout.padded} * (q.source_copy > 0 ? layout.recurrent_copies() : 1);
    q.source = source.data<T>() + begin * (remembers ? steps : 1) * q.source_row;
    q.source_step = remembers ? rows * q.source_row : 0;
  }
  return q;
}

template <class T>
void make_masks(const Direction& d, const PassMemory& m, Tensor& room,
                PoolArray<StepMasks<T>>& masks, PoolArray<SequenceTask<T>>& tasks) {
  if (!m.rule.in_loop() && d.layout.periods.empty()) return;
  const int slices = m.plan.slices();
  const int64_t each = StepMasks<T>::room_for(d.layout, m.rule, m.plan.count(0));
  room = sluice::room<T>(slices * each);
  masks = PoolArray<StepMasks<T>>(slices);
  for (int i = 0; i < slices; ++i) {
    masks[i] = StepMasks<T>(d.layout, m.rule, m.plan, i, room.template data<T>() + i * each);
    tasks[i].masks = &masks[i];
  }
}

int most_threads(const Direction& d, const PassMemory& m) {
  return m.units ? std::min<int>(num_threads(), static_cast<int>(d.layout.unit_blocks.size())) : 1;
}

template SequenceTask<float> make_task(const Direction&, const PassMemory&, int);
template SequenceTask<double> make_task(const Direction&, const PassMemory&, int);
template void make_masks(const Direction&, const PassMemory&, Tensor&, PoolArray<StepMasks<float>>&,
                         PoolArray<SequenceTask<float>>&);
template void make_masks(const Direction&, const PassMemory&, Tensor&,
                         PoolArray<StepMasks<double>>&, PoolArray<SequenceTask<double>>&);

}  // namespace sluice
