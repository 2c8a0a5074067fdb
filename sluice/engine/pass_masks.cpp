#include "sluice/engine/pass_masks.h"

#include "sluice/base/parallel.h"
#include "sluice/engine/cell_packing.h"
#include "sluice/tensor/rows.h"

namespace sluice {

template <class T>
void multiply_by_input_mask(const MaskRule& rule, const SequenceView& from, SequenceView& to) {
  constexpr int most = 8;  // rows whose masks and steps pass through the first cache together
  const auto rows = from.rows<T>();
  const auto out = to.rows<T>();
  const int columns = from.columns, steps = from.steps(), batch = from.batch();
  const double rate = rule.rates.input;
  parallel_for((batch + most - 1) / most, [&, rate](int64_t i) {
    PoolArray<T> mask(static_cast<size_t>(most) * columns);
    const int first = static_cast<int>(i) * most, count = std::min(most, batch - first);
    const MaskPlace place = {MaskKind::input, static_cast<uint32_t>(first), 0, 0, columns, count};
    draw_mask(rule, place, rate, static_cast<T>(1 / (1 - rate)), mask.data());
    for (int t = 0; t < steps; ++t)
      multiply_rows({rows.at(t, first), rows.row, mask.data(), columns, out.at(t, first), out.row,
                     count, columns});
  });
}

template <class T>
SequenceView masked_input(const MaskRule& rule, const SequenceView& x) {
  const int64_t steps = x.steps(), batch = x.batch();
  const Shape shape =
      x.batch_first ? Shape{batch, steps, x.columns} : Shape{steps, batch, x.columns};
  SequenceView copy(Tensor::uninitialized(shape, dtype_of<T>), x.batch_first);
  multiply_by_input_mask<T>(rule, x, copy);
  return copy;
}

template <class T>
void multiply_by_weight_mask(const CellLayout& layout, const MaskRule& rule, T* packed) {
  const double rate = rule.rates.weights;
  const T kept = static_cast<T>(1 / (1 - rate));
  const int draws = rule.rates.weight_rows ? 1 : layout.hidden_size;
  for (int p = 0; p < layout.parts(); ++p) {
    const Part part = part_at(p);
    if (part == Part::input || layout.part(part).count == 0 || layout.tied(part)) continue;
    T* const weights = packed + layout.packed_offset(part);
    const int rows = static_cast<int>(layout.matrix(part).rows.size()) * layout.hidden_size;
    PoolArray<T> mask(static_cast<size_t>(rows) * draws);
    const MaskPlace place = {MaskKind::weights, 0, static_cast<uint32_t>(p), 0, draws, rows};
    draw_mask(rule, place, rate, kept, mask.data());
    for_each_packed_row(layout, part, [&](int row, int64_t column, int stride) {
      const T* const own = mask.data() + int64_t{row} * draws;
      for (int k = 0; k < layout.hidden_size; ++k)
        weights[column + int64_t{k} * stride] *= own[draws == 1 ? 0 : k];
    });
  }
}

template <class T>
Tensor masked_weights(const CellLayout& layout, const MaskRule& rule, const Tensor& packed) {
  Tensor copy = packed.clone();
  multiply_by_weight_mask(layout, rule, copy.data<T>());
  return copy;
}

#define SLUICE_INSTANTIATE(T)                                                                   \
  template SequenceView masked_input<T>(const MaskRule&, const SequenceView&);                  \
  template void multiply_by_input_mask<T>(const MaskRule&, const SequenceView&, SequenceView&); \
  template Tensor masked_weights<T>(const CellLayout&, const MaskRule&, const Tensor&);         \
  template void multiply_by_weight_mask(const CellLayout&, const MaskRule&, T*);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice
