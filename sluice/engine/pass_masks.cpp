#include "sluice/engine/pass_masks.h"

#include "sluice/base/parallel.h"
#include "sluice/engine/cell_packing.h"
#include "sluice/tensor/rows.h"

namespace sluice {

namespace {

/// Some rows of the batch, and their masks of each copy of x.
template <class T>
struct MaskedBlock {
  int first, rows, columns;
  const T* masks;  ///< [copies][rows][columns]
  const T* mask(int copy) const { return masks + int64_t{copy} * rows * columns; }
};

/// Calls f(block) for all rows of the batch, masks drawn for the copies that are wanted. What f
/// does step by step finds the rows of a block, and what it made of another copy, in the first
/// cache.
template <class T, class Wanted, class F>
void for_each_block(const MaskRule& rule, int batch, int columns, int copies, Wanted&& wanted,
                    F&& f) {
  constexpr int most = 8;
  const double rate = rule.rates.input;
  parallel_for((batch + most - 1) / most, [&, rate](int64_t i) {
    PoolArray<T> masks(static_cast<size_t>(most) * columns * copies);
    const int first = static_cast<int>(i) * most, count = std::min(most, batch - first);
    const MaskedBlock<T> block = {first, count, columns, masks.data()};
    for (int copy = 0; copy < copies; ++copy) {
      if (!wanted(copy)) continue;
      const MaskPlace place = {MaskKind::input,
                               static_cast<uint32_t>(first),
                               static_cast<uint32_t>(copy),
                               0,
                               columns,
                               count};
      draw_mask(rule, place, rate, static_cast<T>(1 / (1 - rate)),
                masks.data() + int64_t{copy} * count * columns);
    }
    f(block);
  });
}

/// The same for the gates that read x.
template <class T, class F>
void for_each_gate_block(const CellLayout& layout, const MaskRule& rule, int batch, F&& f) {
  for_each_block<T>(
      rule, batch, layout.input_size, layout.gates,
      [&](int gate) { return layout.takes_input(gate); }, f);
}

}  // namespace

template <class T>
void multiply_by_input_mask(const MaskRule& rule, const SequenceView& from, SequenceView& to) {
  const auto rows = from.rows<T>();
  const auto out = to.rows<T>();
  const int columns = from.columns, steps = from.steps();
  for_each_block<T>(
      rule, from.batch(), columns, 1, [](int) { return true; },
      [=](const MaskedBlock<T>& b) {
        for (int t = 0; t < steps; ++t)
          multiply_rows({rows.at(t, b.first), rows.row, b.masks, columns, out.at(t, b.first),
                         out.row, b.rows, columns});
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
SequenceView view_by_gate(const CellLayout& layout, const SequenceView& x) {
  const int64_t steps = x.steps(), batch = x.batch(), width = layout.gates * layout.input_size;
  const Shape shape = x.batch_first ? Shape{batch, steps, width} : Shape{steps, batch, width};
  return {Tensor::uninitialized(shape, dtype_of<T>), x.batch_first};
}

template <class T>
SequenceView masked_input_by_gate(const CellLayout& layout, const MaskRule& rule,
                                  const SequenceView& x) {
  SequenceView copies = view_by_gate<T>(layout, x);
  const auto from = x.rows<T>();
  const auto to = copies.rows<T>();
  const int inputs = layout.input_size, steps = x.steps();
  for_each_gate_block<T>(layout, rule, x.batch(), [=, &layout](const MaskedBlock<T>& b) {
    for (int t = 0; t < steps; ++t)
      for (int gate = 0; gate < layout.gates; ++gate)
        if (layout.takes_input(gate))
          multiply_rows({from.at(t, b.first), from.row, b.mask(gate), inputs,
                         to.at(t, b.first) + gate * inputs, to.row, b.rows, inputs});
  });
  return copies;
}

template <class T>
void sum_by_input_masks(const CellLayout& layout, const MaskRule& rule, const SequenceView& from,
                        SequenceView& to) {
  const auto rows = from.rows<T>();
  const auto sums = to.rows<T>();
  const int inputs = layout.input_size, steps = from.steps();
  const auto width = to.own_lanes ? static_cast<int>(to.tensor.size(-1)) : inputs;
  int first = 0;
  while (!layout.takes_input(first)) ++first;
  for_each_gate_block<T>(layout, rule, from.batch(), [=, &layout](const MaskedBlock<T>& b) {
    for (int t = 0; t < steps; ++t) {
      for (int gate = first; gate < layout.gates; ++gate)
        if (layout.takes_input(gate))
          multiply_rows({rows.at(t, b.first) + gate * inputs, rows.row, b.mask(gate), inputs,
                         sums.at(t, b.first), sums.row, b.rows, inputs, gate > first});
      for (int r = 0; width > inputs && r < b.rows; ++r)
        std::fill_n(sums.at(t, b.first + r) + inputs, width - inputs, T{0});
    }
  });
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
  template SequenceView view_by_gate<T>(const CellLayout&, const SequenceView&);                \
  template SequenceView masked_input_by_gate<T>(const CellLayout&, const MaskRule&,             \
                                                const SequenceView&);                           \
  template void sum_by_input_masks<T>(const CellLayout&, const MaskRule&, const SequenceView&,  \
                                      SequenceView&);                                           \
  template Tensor masked_weights<T>(const CellLayout&, const MaskRule&, const Tensor&);         \
  template void multiply_by_weight_mask(const CellLayout&, const MaskRule&, T*);
SLUICE_INSTANTIATE(float)
SLUICE_INSTANTIATE(double)
#undef SLUICE_INSTANTIATE

}  // namespace sluice
