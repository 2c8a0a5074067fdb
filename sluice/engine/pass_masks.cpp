#include "sluice/engine/pass_masks.h"

#include "sluice/base/parallel.h"
#include "sluice/engine/cell_packing.h"

namespace sluice {

namespace {

int whole_blocks(int count) { return (count + 3) / 4 * 4; }

}  // namespace

template <class T>
void multiply_by_input_mask(const MaskRule& rule, const SequenceView& from, SequenceView& to) {
  const auto rows = from.rows<T>();
  const auto out = to.rows<T>();
  const int columns = from.columns, steps = from.steps();
  const double rate = rule.rates.input;
  parallel_for(from.batch(), [&, columns, steps, rate](int64_t row) {
    PoolArray<T> mask(whole_blocks(columns));
    const int r = static_cast<int>(row);
    draw_mask(rule, {MaskKind::input, static_cast<uint32_t>(r), 0, 0, columns}, rate,
              static_cast<T>(1 / (1 - rate)), mask.data());
    for (int t = 0; t < steps; ++t)
      for (int i = 0; i < columns; ++i) out.at(t, r)[i] = rows.at(t, r)[i] * mask[i];
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
  PoolArray<T> mask(whole_blocks(layout.hidden_size));
  for (int p = 0; p < layout.parts(); ++p) {
    const Part part = part_at(p);
    if (part == Part::input) continue;
    T* const weights = packed + layout.packed_offset(part);
    for_each_packed_row(layout, part, [&](int row, int64_t column, int stride) {
      const int draws = rule.rates.weight_rows ? 1 : layout.hidden_size;
      const MaskPlace place = {MaskKind::weights, static_cast<uint32_t>(row),
                               static_cast<uint32_t>(p), 0, draws};
      draw_mask(rule, place, rate, kept, mask.data());
      for (int k = 0; k < layout.hidden_size; ++k)
        weights[column + int64_t{k} * stride] *= mask[rule.rates.weight_rows ? 0 : k];
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
