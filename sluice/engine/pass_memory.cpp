#include "sluice/engine/pass_memory.h"

namespace sluice {

SequenceView SequenceView::part(int first, int count) const {
  SequenceView view = *this;
  view.first_column += first;
  view.columns = count;
  return view;
}

PoolArray<ptrdiff_t> first_steps(const SequenceView& view, const RowPlan& plan, bool reverse) {
  PoolArray<ptrdiff_t> rows(plan.batch());
  for (int p = 0; p < plan.batch(); ++p)
    rows[p] = view.offset(plan.time(p, 0, reverse), plan.row(p));
  return rows;
}

namespace {

template <class T>
void set_norms(const Direction& d, const LoopMemory& loop, int64_t begin, SequenceTask<T>& q) {
  const CellLayout& layout = d.layout;
  const int64_t kept = loop.kept();
  const int64_t norms = static_cast<int64_t>(layout.first_normed.size());
  const auto at = [&](const Tensor& all, int64_t numbers) {
    return all.shared_data<T>() + begin * numbers;
  };
  q.affine = std::as_const(d.affine.value()).template data<T>();
  q.normed = at(loop.normed, kept * layout.normed * layout.padded);
  q.scale = at(loop.scale, kept * norms);
  q.norm_room = at(loop.norm_room, norms * 2);
  q.normed_step = loop.remembers ? int64_t{q.rows} * layout.normed * layout.padded : 0;
  q.scale_step = loop.remembers ? norms * q.rows : 0;
}

template <class T>
void set_input(const Direction& d, const PassMemory& m, int slice, SequenceTask<T>& q) {
  const SequenceView& x = m.sorted_x.defined() ? m.sorted_x : m.x;
  const LoopRows<T> rows = loop_rows<T>(x, m.plan, slice, d.reverse);
  q.x = rows.first;
  q.x_step = rows.step;
  q.x_row = rows.row;
}

template <class T>
typename SequenceTask<T>::Output output_of(const Direction& d, const PassMemory& m,
                                           const LoopMemory& loop, int value, int slice) {
  const int begin = m.plan.begin(slice), padded = d.layout.padded;
  if (!loop.output[value].defined()) {
    const LoopRows<T> y = loop_rows<T>(m.y, m.plan, slice, d.reverse);
    return {y.first + place_in_y(d.layout, m, value) * padded, y.step, y.row};
  }
  const Tensor& all = loop.output[value];
  const int64_t steps = all.numel() / (int64_t{m.plan.batch()} * padded);
  return {all.shared_data<T>() + begin * steps * padded,
          steps > 1 ? ptrdiff_t{m.plan.count(slice)} * padded : 0, padded};
}

}  // namespace

template <class T>
SequenceTask<T> make_task(const Direction& d, const PassMemory& m, const LoopMemory& loop,
                          int slice) {
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
  const int64_t begin = plan.begin(slice), rows = q.rows;

  const Tensor& packed = m.weights.defined() ? m.weights : std::as_const(d.weights.value());
  const T* weights = packed.data<T>();
  for (int p = 0; p < layout.parts(); ++p)
    q.weights[p] = weights + layout.packed_offset(part_at(p));
  if (d.units.defined()) q.units = std::as_const(d.units.value()).template data<T>();
  q.start = std::as_const(m.start).template data<T>();

  set_input(d, m, slice, q);

  const bool remembers = loop.remembers;
  const int64_t kept = loop.kept();
  q.h_period = q.steps;
  if (!loop.h.defined()) {
    const LoopRows<T> y = loop_rows<T>(m.y, plan, slice, d.reverse);
    q.h = y.first;
    q.h_step = y.step;
    q.h_row = y.row;
  } else {
    q.h_period = static_cast<int>(loop.h.numel() / (int64_t{plan.batch()} * layout.out_padded));
    q.h = loop.h.shared_data<T>() + begin * q.h_period * layout.out_padded;
    q.h_step = rows * layout.out_padded;
    q.h_row = layout.out_padded;
  }
  q.h_first = std::as_const(m.first).template data<T>() + begin * layout.out_padded;
  q.h_first_row = layout.out_padded;
  q.zero_first = m.zero_first;
  for (int k = 1; k < layout.states; ++k) {
    q.state[k] =
        loop.state[k].shared_data<T>() + begin * (loop.keeps ? loop.steps + 1 : 1) * layout.padded;
    q.state_step = loop.keeps ? rows * layout.padded : 0;
  }
  for (int k = layout.states; k < layout.values; ++k)
    q.output[k] = output_of<T>(d, m, loop, k, slice);
  const int64_t row = int64_t{layout.slots} * layout.padded;
  const int64_t z_steps = loop.z.numel() / (plan.batch() * row);
  q.z = loop.z.shared_data<T>() + begin * z_steps * row;
  q.z_step = z_steps > 1 ? rows * row : 0;
  if (layout.record > 0) {
    const int64_t record = int64_t{layout.record} * layout.padded;
    q.record = loop.record.shared_data<T>() + begin * kept * record;
    q.record_step = remembers ? rows * record : 0;
  }
  const int64_t sent = layout.keeps_messages() ? kept : 1;
  for (int k = 0; k < layout.messages; ++k)
    q.message[k] = loop.message[k].shared_data<T>() + begin * sent * layout.padded;
  q.message_step = sent > 1 ? rows * layout.padded : 0;
  if (loop.below_tail.defined())
    q.below_tail = loop.below_tail.shared_data<T>() + begin * layout.below * layout.lanes;
  if (layout.normed > 0) set_norms(d, loop, begin, q);
  if (layout.projects()) {
    q.projection = std::as_const(d.projection.value()).template data<T>();
    q.full = loop.full.shared_data<T>() + begin * kept * layout.padded;
    q.full_step = remembers ? rows * layout.padded : 0;
  }
  if (loop.source.defined()) {
    q.source_copy = m.rule.rates.untied() ? rows * layout.padded : 0;
    q.source = loop.source.shared_data<T>() + begin * (loop.source.numel() / plan.batch());
  }
  if (loop.x_copies.defined()) {
    q.x_copies = loop.x_copies.shared_data<T>() + begin * layout.gates * layout.input_size;
    q.x_gate = rows * layout.input_size;
  }
  return q;
}

template <class T>
void make_loop_memory(const CellLayout& layout, const PassMemory& m, int steps, bool remembers,
                      LoopMemory& loop) {
  const RecurrentDropout& rates = m.rule.rates;
  loop.remembers = remembers;
  loop.keeps = remembers || !layout.gives_h();
  loop.steps = steps;
  const int64_t batch = m.plan.batch(), rows = batch * loop.kept();
  // A single row's steps are the rows of one product: they stand side by side.
  const bool reused = layout.record > 0 && batch > 1;
  loop.z = room<T>((reused ? batch : rows) * layout.padded * layout.slots);
  if (layout.record > 0) loop.record = room<T>(rows * layout.padded * layout.record);
  for (int k = 1; k < layout.states; ++k)
    loop.state[k] = room<T>(batch * (loop.keeps ? steps + 1 : 1) * layout.padded);
  for (int k = 0; k < layout.messages; ++k)
    loop.message[k] = room<T>((layout.keeps_messages() ? rows : batch) * layout.padded);
  if (m.rule.training && rates.hidden > 0)
    loop.source = room<T>(batch * layout.padded * (rates.untied() ? layout.recurrent_copies() : 1));
  if (m.rule.copies_input()) loop.x_copies = room<T>(batch * layout.gates * layout.input_size);
  if (layout.normed > 0) {
    const int64_t norms = static_cast<int64_t>(layout.first_normed.size());
    loop.normed = room<T>(rows * layout.padded * layout.normed);
    loop.scale = room<T>(rows * norms);
    loop.norm_room = room<T>(batch * norms * 2);
  }
  if (layout.below > 0 && layout.tail > 0)
    loop.below_tail = Tensor({batch * layout.below * layout.lanes}, dtype_of<T>);
  if (layout.projects()) loop.full = room<T>(rows * layout.padded);
}

template <class T>
void make_output_memory(const CellLayout& layout, const PassMemory& m, bool wanted,
                        LoopMemory& loop) {
  for (int k = layout.states; k < layout.values; ++k) {
    if (wanted && place_in_y(layout, m, k) >= 0) continue;
    const bool later = wanted && m.y.defined() && layout.gives_value(k);
    loop.output[k] = room<T>(int64_t{m.plan.batch()} * (later ? loop.steps : 1) * layout.padded);
  }
}

template <class T>
SegmentBorders<T> borders_of(const CellLayout& layout, const PassMemory& m, int slice) {
  SegmentBorders<T> borders{&m.segments, slice, nullptr, {}};
  const int64_t rows = int64_t{m.plan.begin(slice)} * m.segments.most();
  borders.h = m.border_h.shared_data<T>() + rows * layout.out_padded;
  for (int k = 1; k < layout.states; ++k) {
    borders.state[k] = m.border_state[k].shared_data<T>() + rows * layout.padded;
  }
  return borders;
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

#define SLUICE_INSTANTIATE(T)                                                                      \
  template SequenceTask<T> make_task(const Direction&, const PassMemory&, const LoopMemory&, int); \
  template void make_loop_memory<T>(const CellLayout&, const PassMemory&, int, bool, LoopMemory&); \
  template void make_output_memory<T>(const CellLayout&, const PassMemory&, bool, LoopMemory&);    \
  template SegmentBorders<T> borders_of(const CellLayout&, const PassMemory&, int);                \
  template void make_masks(const Direction&, const PassMemory&, Tensor&, PoolArray<StepMasks<T>>&, \
                           PoolArray<SequenceTask<T>>&);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice
