// A tile whose rows become columns in registers, for the instruction set being compiled.
#if defined(SLUICE_TRANSPOSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_TRANSPOSE_INL
#undef SLUICE_TRANSPOSE_INL
#else
#define SLUICE_TRANSPOSE_INL
#endif

#include <hwy/highway.h>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Columns of a tile: a block of 16 bytes.
template <class T>
constexpr int kTileSide = 16 / sizeof(T);

/// A tile is as many rows as a vector has lanes, and kTileSide columns: block b of the vector is
/// row b · kTileSide. Blocks are then transposed all at once.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> TileRows(D d, const T* from, int64_t stride) {
  constexpr int64_t n = hn::MaxLanes(D());
  if constexpr (n * sizeof(T) == 16) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, TileRows(half, from + n / 2 * stride, stride),
                       TileRows(half, from, stride));
  }
}

/// columns[c] holds column c of the tile at `from`, whose rows lie `stride` apart.
template <class D>
HWY_INLINE void TransposeTile(D d, const float* from, int64_t stride, hn::Vec<D> (&columns)[4]) {
  const hn::Repartition<double, D> pairs;
  const auto a = TileRows(d, from, stride), b = TileRows(d, from + stride, stride);
  const auto c = TileRows(d, from + 2 * stride, stride), e = TileRows(d, from + 3 * stride, stride);
  const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
  const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
  const auto ce_low = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
  const auto ce_high = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
  columns[0] = hn::BitCast(d, hn::InterleaveLower(pairs, ab_low, ce_low));
  columns[1] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab_low, ce_low));
  columns[2] = hn::BitCast(d, hn::InterleaveLower(pairs, ab_high, ce_high));
  columns[3] = hn::BitCast(d, hn::InterleaveUpper(pairs, ab_high, ce_high));
}

template <class D>
HWY_INLINE void TransposeTile(D d, const double* from, int64_t stride, hn::Vec<D> (&columns)[2]) {
  const auto a = TileRows(d, from, stride), b = TileRows(d, from + stride, stride);
  columns[0] = hn::InterleaveLower(d, a, b);
  columns[1] = hn::InterleaveUpper(d, a, b);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
