// A direction's backward pass: memory, transposed weights and slices' sums around the time loop.
#include "sluice/engine/cell_packing.h"
#include "sluice/engine/pass_masks.h"
#include "sluice/engine/pass_memory.h"
#include "sluice/engine/projection.h"
#include "sluice/engine/sequence_row.h"
#include "sluice/engine/sequence_source.h"
#include "sluice/engine/weight_rhythm.h"

namespace sluice {

template <class T>
BackwardPass<T>::BackwardPass(const Direction& direction, const PassMemory& memory,
                              const PassGradients<T>& gradients)
    : direction_(direction), memory_(memory), gradients_(gradients) {
  const CellLayout& layout = direction.layout;
  const bool again = !memory.segments.empty();
  if (again) {
    make_loop_memory<T>(layout, memory, memory.segments.longest(), true, again_);
    make_output_memory<T>(layout, memory, false, again_);
    again_.h = room<T>(int64_t{memory.plan.batch()} * layout.out_padded * again_.steps);
  }
  make_room();
  make_gate_room();
  load_last();
  const int slices = memory.plan.slices();
  tasks_ = PoolArray<SequenceTask<T>>(slices);
  for (int i = 0; i < slices; ++i) {
    tasks_[i] = make_task<T>(direction, memory, loop(), i);
    if (i == 0) transpose(tasks_[0]);
    complete(tasks_[i], i);
  }
  make_masks(direction, memory, mask_room_, masks_, tasks_);
  forward_tasks_ = PoolArray<SequenceTask<T>>(again ? slices : 0);
  std::copy(tasks_.begin(), tasks_.begin() + forward_tasks_.size(), forward_tasks_.begin());
  if (std::all_of(tasks_.begin(), tasks_.end(), runs_by_row<T>)) return;
  forward_room_.give(layout, most_threads(direction, memory), forward_tasks_);
  const int64_t threads = most_threads(direction, memory), lot = threads * block_room(layout);
  panel_tasks_ = PoolArray<PanelTask<T>>(slices * lot);
  segments_ = PoolArray<Segment<T>>(slices * lot * segment_room(layout));
  pointwise_ = PoolArray<PointwiseTask<T>>(slices * threads * layout.groups);
  for (int i = 0; i < slices; ++i) {
    tasks_[i].tasks = panel_tasks_.data() + i * lot;
    tasks_[i].segments = segments_.data() + i * lot * segment_room(layout);
    tasks_[i].pointwise = pointwise_.data() + i * threads * layout.groups;
  }
}

template <class T>
const LoopMemory& BackwardPass<T>::loop() const {
  return memory_.segments.empty() ? memory_.loop : again_;
}

template <class T>
void BackwardPass<T>::make_room() {
  const CellLayout& layout = direction_.layout;
  const RowPlan& plan = memory_.plan;
  const int64_t batch = plan.batch(), slices = plan.slices();
  const SequenceView& dy = gradients_.dy;
  // Lanes past the last unit must see zeros, so a narrow dy is copied.
  const bool whole = dy.defined() && whole_vectors(dy, layout.out, layout.out_padded);
  if (whole && !memory_.hold && loop_finds_rows(layout, memory_, dy))
    dy_rows_ = first_steps(dy, plan, direction_.reverse);
  else if (dy_padded() || (dy.defined() && !whole))
    gather_outputs();
  if (memory_.hold && dy_padded()) add_held();
  dh_ = Tensor({batch * layout.out_padded}, dtype_of<T>);
  if (layout.projects()) make_projection_room();
  for (int k = 1; k < layout.states; ++k) dstate_[k] = Tensor({batch * layout.padded}, dtype_of<T>);
  if (loop().source.defined()) {
    dsource_ = room<T>(slices * masked_rows * layout.padded);
    source_ = room<T>(slices * owed_rows() * (loop().source.numel() / batch));
  }
  if (loop().x_copies.defined())
    x_copies_ = room<T>(slices * owed_rows() * layout.gates * layout.input_size);
  for (int k = 0; k < layout.messages; ++k) dmessage_[k] = room<T>(batch * layout.padded);
  if (gradients_.dx.defined()) {
    if (plan.ragged() && !gradients_.dx.sorted)
      sorted_dx_ = sorted_room<T>(plan, gradients_.dx.columns);
    const int64_t threads = most_threads(direction_, memory_) * slices;
    if (loop().below_tail.defined()) dbelow_tail_ = room<T>(loop().below_tail.numel());
    dx_tail_ = room<T>(threads * tail_room(layout));
    if (x_copies_.defined()) dx_copy_ = room<T>(threads * copy_room(layout));
  }
  if (!direct()) dweights_ = room<T>(slices * layout.packed_size());
  if (direction_.bias_input.defined() || direction_.bias_hidden.defined())
    dstart_ = Tensor({slices * layout.bias_size()}, dtype_of<T>);
  if (layout.normed > 0) daffine_ = Tensor({slices * layout.affine_size()}, dtype_of<T>);
  if (layout.units > 0) dunits_ = Tensor({slices * layout.unit_size()}, dtype_of<T>);
}

/// Room for the gates' gradients, where they cannot take the place of what was recorded: of the
/// steps between two visits to the weights.
template <class T>
void BackwardPass<T>::make_gate_room() {
  const CellLayout& layout = direction_.layout;
  if (layout.record == 0) return;
  const RowPlan& plan = memory_.plan;
  if (memory_.segments.empty()) pieces_ = SegmentPlan(layout, plan, sizeof(T), 1);
  const int64_t steps = (pieces_.empty() ? memory_.segments : pieces_).longest();
  dz_ = room<T>(plan.batch() * steps * layout.slots * layout.padded);
}

/// dy of each value that the output consists of, one after the other: [slice][step][row][padded].
template <class T>
void BackwardPass<T>::gather_outputs() {
  const CellLayout& layout = direction_.layout;
  const RowPlan& plan = memory_.plan;
  const int64_t each = int64_t{plan.batch()} * plan.steps() * layout.out_padded;
  const int values = static_cast<int>(layout.gives.size());
  dy_ = room<T>(each * values);
  for (int i = 0; i < values; ++i)
    gather(gradients_.dy.part(i * layout.out, layout.out), plan, direction_.reverse,
           layout.out_padded, dy_.template data<T>() + each * i);
}

/// Most rows of a slice whose masked copies are wanted at once.
template <class T>
int64_t BackwardPass<T>::owed_rows() const {
  return WeightRhythm::most_rows(direction_.layout, sizeof(T), static_cast<int>(loop().steps),
                                 memory_.plan.count(0));
}

template <class T>
void BackwardPass<T>::make_projection_room() {
  const CellLayout& layout = direction_.layout;
  const RowPlan& plan = memory_.plan;
  const int64_t batch = plan.batch();
  dfull_ = room<T>(batch * layout.padded);
  dprojected_ = room<T>(batch * plan.steps() * layout.out_padded);
  dprojection_ = Tensor({plan.slices() * layout.projection_size()}, dtype_of<T>);
  projection_transposed_ = room<T>(int64_t{layout.padded} * layout.out);
  transpose_projection(layout, std::as_const(direction_.projection.value()).template data<T>(),
                       projection_transposed_.template data<T>());
}

/// What arrives at a held output is the gradient of the output that is held.
template <class T>
void BackwardPass<T>::add_held() {
  const RowPlan& plan = memory_.plan;
  const int64_t padded = direction_.layout.out_padded;
  T* const all = dy_.template data<T>();
  const SequenceView& dy = gradients_.dy;
  for_each_padding(plan, direction_.reverse, [&](const PaddedStep& s) {
    if (s.own < 0) return;
    const int64_t begin = plan.begin(s.slice), count = plan.count(s.slice);
    T* const own = all + (begin * plan.steps() + s.own * count + s.position - begin) * padded;
    const T* const held = dy.at<T>(s.time, s.row);
    for (int u = 0; u < dy.columns; ++u) own[u] += held[u];
  });
}

/// Whether dy stands in the batch's order, padding between the steps.
template <class T>
bool BackwardPass<T>::dy_padded() const {
  return memory_.plan.ragged() && gradients_.dy.defined() && !gradients_.dy.sorted;
}

template <class T>
bool BackwardPass<T>::direct() const {
  return memory_.plan.slices() == 1 && direction_.weights.requires_grad() &&
         !memory_.weights.defined();
}

template <class T>
void BackwardPass<T>::load_last() {
  const CellLayout& layout = direction_.layout;
  const RowPlan& plan = memory_.plan;
  const int h = layout.out;
  T* dh = dh_.template data<T>();
  for (int p = 0; gradients_.dlast[0] && p < plan.batch(); ++p)
    std::copy_n(gradients_.dlast[0] + int64_t{plan.row(p)} * h, h,
                dh + int64_t{p} * layout.out_padded);
  for (int k = 1; k < layout.states; ++k)
    for (int slice = 0; gradients_.dlast[k] && slice < plan.slices(); ++slice) {
      T* to = dstate_[k].template data<T>() + int64_t{plan.begin(slice)} * layout.padded;
      for_each_unit(layout, plan, slice, [&](int64_t neutral, int64_t packed) {
        to[packed] = gradients_.dlast[k][neutral];
      });
    }
}

/// The transposed copies this pass needs, made by all threads.
template <class T>
void BackwardPass<T>::transpose(const SequenceTask<T>& task) {
  const CellLayout& layout = direction_.layout;
  for (int p = 0; p < layout.parts(); ++p) {
    const Part part = part_at(p);
    const bool dx = gradients_.dx.defined() && (!few_inputs(layout) || runs_by_row(task));
    if (layout.tied(part) || !(part == Part::input ? dx : layout.part(part).count > 0)) continue;
    transposed_[p] = room<T>(layout.transposed_size(part));
    T* to = transposed_[p].template data<T>();
    parallel_for(static_cast<int64_t>(layout.blocks(part).size()), [&](int64_t block) {
      const int b = static_cast<int>(block);
      transpose_weights(layout, part, task.weights[p], to, b, b + 1, Place<T>(task).by_gate(part));
    });
  }
}

/// Where what reaches the input goes.
template <class T>
void BackwardPass<T>::complete_input(SequenceTask<T>& q, int slice) {
  const CellLayout& layout = direction_.layout;
  const SequenceView& dx = sorted_dx_.defined() ? sorted_dx_ : gradients_.dx;
  const int64_t begin = memory_.plan.begin(slice);
  q.dx_tail = dx_tail_.template data<T>() + slice * tail_room(layout);
  if (dx_copy_.defined()) q.dx_copy = dx_copy_.template data<T>() + slice * copy_room(layout);
  if (dbelow_tail_.defined())
    q.dbelow_tail = dbelow_tail_.template data<T>() + begin * layout.below * layout.lanes;
  const int whole = whole_input(layout);
  const bool writes_whole = layout.below == 0 && whole_vectors(dx, layout.input_size, whole);
  q.dx_columns = writes_whole ? whole : layout.input_size;
  const LoopRows<T> rows = loop_rows<T>(dx, memory_.plan, slice, direction_.reverse);
  q.dx = rows.first;
  q.dx_step = rows.step;
  q.dx_row = rows.row;
}

/// Completes a forward task with what backward reads and writes.
template <class T>
void BackwardPass<T>::complete(SequenceTask<T>& q, int slice) {
  const CellLayout& layout = direction_.layout;
  const bool reverse = direction_.reverse;
  const int begin = memory_.plan.begin(slice);
  const int64_t row = int64_t{begin} * layout.padded, out_row = int64_t{begin} * layout.out_padded;
  for (int p = 0; p < layout.parts(); ++p)
    if (Tensor& all = transposed_[index_of(layout.weights_of(part_at(p)))]; all.defined())
      q.transposed[p] = all.template data<T>();
  const SequenceView& dy = gradients_.dy;
  if (dy_.defined()) {
    q.dy = dy_.template data<T>() + out_row * q.steps;
    q.dy_step = int64_t{q.rows} * layout.out_padded;
    q.dy_row = layout.out_padded;
    q.dy_value = int64_t{memory_.plan.batch()} * q.steps * layout.out_padded;
  } else if (dy_rows_.size() > 0) {
    q.dy = dy.tensor.shared_data<T>();
    q.dy_step = next_step(dy, reverse);
    q.dy_rows = dy_rows_.data() + begin;
    q.dy_value = layout.out;
  } else if (dy.defined()) {
    const LoopRows<T> rows = loop_rows<T>(dy, memory_.plan, slice, reverse);
    q.dy = rows.first;
    q.dy_step = rows.step;
    q.dy_row = rows.row;
    q.dy_value = layout.out;
  }
  q.dh = dh_.template data<T>() + out_row;
  if (layout.projects()) {
    q.projection_transposed = projection_transposed_.template data<T>();
    q.dfull = dfull_.template data<T>() + row;
    q.dprojected = dprojected_.template data<T>() + out_row * q.steps;
    q.dprojection = dprojection_.template data<T>() + slice * layout.projection_size();
  }
  if (dsource_.defined()) {
    q.source = source_.template data<T>() + slice * (source_.numel() / memory_.plan.slices());
    if (q.source_copy > 0) q.source_copy = owed_rows() * layout.padded;
    q.dsource = dsource_.template data<T>() + int64_t{slice} * masked_rows * layout.padded;
  }
  if (x_copies_.defined()) {
    q.x_gate = owed_rows() * layout.input_size;
    q.x_copies = x_copies_.template data<T>() + slice * layout.gates * q.x_gate;
  }
  for (int k = 0; k < layout.messages; ++k) q.dmessage[k] = dmessage_[k].template data<T>() + row;
  for (int k = 1; k < layout.states; ++k) q.dstate[k] = dstate_[k].template data<T>() + row;
  q.need_first = gradients_.dfirst[0] != nullptr;
  if (gradients_.dx.defined()) complete_input(q, slice);
  if (dz_.defined()) {
    const int64_t step = int64_t{layout.slots} * layout.padded;
    q.z = dz_.template data<T>() + begin * (dz_.numel() / memory_.plan.batch());
    q.z_step = q.rows * step;
  }
  T* weights = nullptr;
  if (direct()) {
    const Variable::GradTarget target = direction_.weights.grad_target();
    weights = target.buffer.template data<T>();
    q.overwrite = target.overwrite;
  } else {
    weights = dweights_.template data<T>() + slice * layout.packed_size();
    q.overwrite = true;
  }
  for (int p = 0; p < layout.parts(); ++p)
    q.dweights[p] = weights + layout.packed_offset(part_at(p));
  if (daffine_.defined()) q.daffine = daffine_.template data<T>() + slice * layout.affine_size();
  if (dunits_.defined()) q.dunits = dunits_.template data<T>() + slice * layout.unit_size();
  if (dstart_.defined()) q.dstart = dstart_.template data<T>() + slice * layout.bias_size();
}

template <class T>
void BackwardPass<T>::run() {
  share_work(direction_, memory_, [&](int slice, const Share& share, Barrier& barrier) {
    if (!pieces_.empty()) return run_backward_pieces(tasks_[slice], pieces_, slice, share, barrier);
    if (memory_.segments.empty()) return run_backward(tasks_[slice], share, barrier);
    const auto borders = borders_of<T>(direction_.layout, memory_, slice);
    run_backward_segments(forward_tasks_[slice], tasks_[slice], borders, share, barrier);
  });
}

template <class T>
SequenceTask<T>* BackwardPass<T>::only_task() {
  return tasks_.size() == 1 && !memory_.units && pieces_.empty() ? tasks_.data() : nullptr;
}

template <class T>
void BackwardPass<T>::finish() {
  collect();
  store_first();
  SequenceView& dx = gradients_.dx;
  if (!dx.defined()) return;
  if (sorted_dx_.defined()) {
    scatter(std::as_const(sorted_dx_.tensor).template data<T>(), dx.columns, dx, memory_.plan,
            direction_.reverse);
    fill_padding<T>(dx, memory_, direction_.reverse, false, 0);
  }
  const MaskRule& rule = memory_.rule;
  if (rule.training && rule.rates.input > 0 && !rule.copies_input())
    multiply_by_input_mask<T>(rule, dx, dx);
}

template class BackwardPass<float>;
template class BackwardPass<double>;

}  // namespace sluice
