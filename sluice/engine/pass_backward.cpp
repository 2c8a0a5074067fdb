// A direction's backward pass: memory, transposed weights and slices' sums around the time loop.
#include "sluice/engine/cell_packing.h"
#include "sluice/engine/pass_masks.h"
#include "sluice/engine/pass_memory.h"
#include "sluice/engine/projection.h"
#include "sluice/engine/sequence_row.h"
#include "sluice/engine/sequence_source.h"
#include "sluice/engine/weight_rhythm.h"

namespace sluice {

namespace {

/// Adds `slices` buffers of `count` numbers, in order, to `to`, or writes their sum there.
template <class T>
void add_slices(const T* from, int slices, int64_t count, T* to, bool overwrite) {
  constexpr int64_t chunk = 16384;
  parallel_for((count + chunk - 1) / chunk, [&](int64_t i) {
    const int64_t begin = i * chunk, end = std::min(count, begin + chunk);
    for (int slice = 0; slice < slices; ++slice) {
      const T* source = from + slice * count;
      if (overwrite && slice == 0)
        std::copy_n(source + begin, end - begin, to + begin);
      else
        for (int64_t j = begin; j < end; ++j) to[j] += source[j];
    }
  });
}

}  // namespace

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
    source_ = room<T>(slices * source_room());
  }
  for (int k = 0; k < layout.messages; ++k) dmessage_[k] = room<T>(batch * layout.padded);
  if (gradients_.dx.defined()) {
    if (memory_.x_gates.defined()) dx_gates_ = view_by_gate<T>(layout, memory_.x);
    if (plan.ragged() && !dx_view().sorted) sorted_dx_ = sorted_room<T>(plan, dx_view().columns);
    // A gate that adds to its x's own unit alone finds zeros there.
    if (dx_gates_.defined() && !layout.raw_gates.empty())
      (plan.ragged() ? sorted_dx_ : dx_gates_).tensor.fill(0);
    dx_tail_ = room<T>(tail_room(layout) * most_threads(direction_, memory_) * slices);
  }
  if (!direct()) dweights_ = room<T>(slices * layout.packed_size());
  if (direction_.bias_input.defined() || direction_.bias_hidden.defined())
    dstart_ = Tensor({slices * layout.bias_size()}, dtype_of<T>);
  if (layout.normed > 0) daffine_ = Tensor({slices * layout.affine_size()}, dtype_of<T>);
  if (layout.units > 0) dunits_ = Tensor({slices * layout.unit_size()}, dtype_of<T>);
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

/// Numbers of a slice's masked copies.
template <class T>
int64_t BackwardPass<T>::source_room() const {
  const RowPlan& plan = memory_.plan;
  const int rows = WeightRhythm::most_rows(direction_.layout, sizeof(T),
                                           static_cast<int>(loop().steps), plan.count(0));
  return loop().source.numel() / plan.batch() * rows;
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
    q.source = source_.template data<T>() + slice * source_room();
    if (q.source_copy > 0) q.source_copy = source_room() / layout.recurrent_copies();
    q.dsource = dsource_.template data<T>() + int64_t{slice} * masked_rows * layout.padded;
  }
  for (int k = 0; k < layout.messages; ++k) q.dmessage[k] = dmessage_[k].template data<T>() + row;
  for (int k = 1; k < layout.states; ++k) q.dstate[k] = dstate_[k].template data<T>() + row;
  q.need_first = gradients_.dfirst[0] != nullptr;
  const SequenceView& dx = sorted_dx_.defined() ? sorted_dx_ : dx_view();
  if (dx.defined()) {
    const int lanes = layout.lanes, whole = (layout.x_columns + lanes - 1) / lanes * lanes;
    q.dx_tail = dx_tail_.template data<T>() + slice * tail_room(layout);
    q.dx_columns = layout.input_size;
    if (layout.x_columns == layout.input_size && whole_vectors(dx, layout.x_columns, whole))
      q.dx_columns = whole;
    const LoopRows<T> rows = loop_rows<T>(dx, memory_.plan, slice, reverse);
    q.dx = rows.first;
    q.dx_step = rows.step;
    q.dx_row = rows.row;
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
    if (memory_.segments.empty()) return run_backward(tasks_[slice], share, barrier);
    const auto borders = borders_of<T>(direction_.layout, memory_, slice);
    run_backward_segments(forward_tasks_[slice], tasks_[slice], borders, share, barrier);
  });
}

template <class T>
SequenceTask<T>* BackwardPass<T>::only_task() {
  return tasks_.size() == 1 && !memory_.units ? tasks_.data() : nullptr;
}

template <class T>
void BackwardPass<T>::finish() {
  collect();
  store_first();
  if (!dx_view().defined()) return;
  if (sorted_dx_.defined()) {
    SequenceView dx = dx_view();
    scatter(std::as_const(sorted_dx_.tensor).template data<T>(), dx.columns, dx, memory_.plan,
            direction_.reverse);
    fill_padding<T>(dx, memory_, direction_.reverse, false, 0);
  }
  if (dx_gates_.defined())
    sum_by_input_masks<T>(direction_.layout, memory_.rule, dx_gates_, gradients_.dx);
  else if (memory_.rule.training && memory_.rule.rates.input > 0)
    multiply_by_input_mask<T>(memory_.rule, gradients_.dx, gradients_.dx);
}

/// What the loop writes of dx: the sum over gates, or each gate's.
template <class T>
const SequenceView& BackwardPass<T>::dx_view() const {
  return dx_gates_.defined() ? dx_gates_ : gradients_.dx;
}

/// Sums over slices, in order, into the parameters' gradients.
template <class T>
void BackwardPass<T>::collect() {
  const int slices = memory_.plan.slices();
  const CellLayout& layout = direction_.layout;
  if (direction_.weights.requires_grad()) collect_weights();
  if (layout.normed > 0) collect_norms();
  for (bool input_side : {true, false}) {
    const Variable& bias = input_side ? direction_.bias_input : direction_.bias_hidden;
    if (!bias.defined() || !bias.requires_grad()) continue;
    T* to = bias.grad_buffer().template data<T>();
    for (int slice = 0; slice < slices; ++slice)
      add_bias(input_side, std::as_const(dstart_).template data<T>() + slice * layout.bias_size(),
               to);
  }
  collect_units();
  if (layout.projects() && direction_.projection.requires_grad())
    add_slices(std::as_const(dprojection_).template data<T>(), slices, layout.projection_size(),
               direction_.projection.grad_buffer().template data<T>(), false);
}

template <class T>
void BackwardPass<T>::collect_weights() {
  const CellLayout& layout = direction_.layout;
  if (!direct()) {
    const int slices = memory_.plan.slices();
    T* const parts = dweights_.template data<T>();
    if (memory_.weights.defined())
      for (int slice = 0; slice < slices; ++slice)
        multiply_by_weight_mask(layout, memory_.rule, parts + slice * layout.packed_size());
    const Variable::GradTarget target = direction_.weights.grad_target();
    add_slices<T>(parts, slices, layout.packed_size(), target.buffer.template data<T>(),
                  target.overwrite);
  }
  if (!layout.dense())
    clear_unconnected(layout, direction_.weights.grad_buffer().template data<T>() +
                                  layout.packed_offset(Part::hidden));
}

/// Gains and shifts; a bias that is added after its norm has the shift's gradient.
template <class T>
void BackwardPass<T>::collect_norms() {
  const CellLayout& layout = direction_.layout;
  const int slices = memory_.plan.slices(), lanes = layout.lanes;
  const T* const all = std::as_const(daffine_).template data<T>();
  if (direction_.affine.requires_grad())
    add_slices(all, slices, layout.affine_size(),
               direction_.affine.grad_buffer().template data<T>(), false);
  if (!dstart_.defined()) return;
  for (size_t i = 0; i < layout.first_normed.size(); ++i) {
    const NormInfo& norm = layout.cell->info.norms[i];
    for (int64_t g = 0; !norm.of_message && g < int64_t{slices} * layout.groups; ++g)
      for (int v = 0; v < norm.count; ++v)
        std::copy_n(all + ((g * layout.normed + layout.first_normed[i] + v) * 2 + 1) * lanes, lanes,
                    dstart_.template data<T>() + (g * layout.gates + norm.first + v) * lanes);
  }
}

/// A parameter that is left out gets no gradient: it stays zero.
template <class T>
void BackwardPass<T>::collect_units() {
  const Variable& units = direction_.units;
  if (!units.defined() || !units.requires_grad()) return;
  const CellLayout& layout = direction_.layout;
  const int64_t size = layout.unit_size();
  T* const to = units.grad_buffer().template data<T>();
  for (int slice = 0; slice < memory_.plan.slices(); ++slice) {
    const T* const from = std::as_const(dunits_).template data<T>() + slice * size;
    for (int64_t i = 0; i < size; ++i)
      if ((direction_.units_left_out >> (i / layout.lanes % layout.units) & 1) == 0)
        to[i] += from[i];
  }
}

template <class T>
void BackwardPass<T>::add_bias(bool input_side, const T* from, T* to) const {
  const CellLayout& layout = direction_.layout;
  const int lanes = layout.lanes, gates = layout.gates;
  for (int gate = 0; gate < gates; ++gate) {
    if (!layout.has_bias(gate, input_side)) continue;
    for (int64_t i = gate * lanes; i < layout.bias_size(); i += int64_t{gates} * lanes)
      for (int lane = 0; lane < lanes; ++lane) to[i + lane] += from[i + lane];
  }
}

template <class T>
void BackwardPass<T>::store_first() {
  const CellLayout& layout = direction_.layout;
  const RowPlan& plan = memory_.plan;
  const int h = layout.out;
  const SequenceView& dy = gradients_.dy;
  T* const* dfirst = gradients_.dfirst;
  for (int p = 0; dfirst[0] && p < plan.batch(); ++p)
    std::copy_n(dh_.template data<T>() + int64_t{p} * layout.out_padded, h,
                dfirst[0] + int64_t{plan.row(p)} * h);
  if (dfirst[0] && memory_.hold && dy_padded())
    for_each_padding(plan, direction_.reverse, [&](const PaddedStep& s) {
      const T* held = dy.at<T>(s.time, s.row);
      for (int u = 0; s.own < 0 && u < h; ++u) dfirst[0][int64_t{s.row} * h + u] += held[u];
    });
  for (int k = 1; k < layout.states; ++k)
    for (int slice = 0; dfirst[k] && slice < plan.slices(); ++slice) {
      const T* from = dstate_[k].template data<T>() + int64_t{plan.begin(slice)} * layout.padded;
      for_each_unit(layout, plan, slice,
                    [&](int64_t neutral, int64_t packed) { dfirst[k][neutral] = from[packed]; });
    }
}

template class BackwardPass<float>;
template class BackwardPass<double>;

}  // namespace sluice
