// What a direction's backward pass hands on after its loop: sums over slices to the parameters'
// gradients, gradients of the first states.
#include "sluice/engine/cell_packing.h"
#include "sluice/engine/pass_masks.h"
#include "sluice/engine/pass_memory.h"

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

template void BackwardPass<float>::collect();
template void BackwardPass<double>::collect();
template void BackwardPass<float>::store_first();
template void BackwardPass<double>::store_first();

}  // namespace sluice
