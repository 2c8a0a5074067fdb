#include "sluice/tensor/transpose.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A tile is as many rows as a vector has lanes, and as many columns as a block of 16 bytes: block
/// b of vector r is row b · (columns) + r. Blocks are then transposed all at once.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Rows(D d, const T* from, int64_t stride) {
  constexpr int64_t n = hn::MaxLanes(D());
  if constexpr (n * sizeof(T) == 16) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, Rows(half, from + n / 2 * stride, stride), Rows(half, from, stride));
  }
}

template <class D>
HWY_INLINE void Tile(D d, const float* from, int64_t from_stride, float* to, int64_t to_stride) {
  const hn::Repartition<double, D> pairs;
  const auto a = Rows(d, from, from_stride), b = Rows(d, from + from_stride, from_stride);
  const auto c = Rows(d, from + 2 * from_stride, from_stride);
  const auto e = Rows(d, from + 3 * from_stride, from_stride);
  const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
  const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
  const auto ce_low = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
  const auto ce_high = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab_low, ce_low)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab_low, ce_low)), d, to + to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab_high, ce_high)), d, to + 2 * to_stride);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab_high, ce_high)), d, to + 3 * to_stride);
}

template <class D>
HWY_INLINE void Tile(D d, const double* from, int64_t from_stride, double* to, int64_t to_stride) {
  const auto a = Rows(d, from, from_stride), b = Rows(d, from + from_stride, from_stride);
  hn::StoreU(hn::InterleaveLower(d, a, b), d, to);
  hn::StoreU(hn::InterleaveUpper(d, a, b), d, to + to_stride);
}

template <class T>
HWY_INLINE void Transpose(const T* from, int64_t from_stride, int64_t rows, int64_t columns, T* to,
                          int64_t to_stride) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::Full128<T> block;
  constexpr int64_t tall = HWY_MIN(HWY_LANES(T), 64 / sizeof(T)), side = 16 / sizeof(T);
  constexpr int64_t line = 64 / sizeof(T);  // of every row read, a line of the cache is used whole
  for (int64_t first = 0; first < columns; first += line) {
    const int64_t end = std::min(first + line, columns);
    for (int64_t r = 0; r < rows;) {
      const bool whole = r + tall <= rows;
      const int64_t height = whole ? tall : std::min(side, rows - r);
      for (int64_t c = first; c < end; c += side) {
        const T* const source = from + r * from_stride + c;
        T* const target = to + c * to_stride + r;
        if (c + side <= end && whole)
          Tile(d, source, from_stride, target, to_stride);
        else if (c + side <= end && height == side)
          Tile(block, source, from_stride, target, to_stride);
        else
          for (int64_t i = 0; i < height; ++i)
            for (int64_t j = 0; j < std::min(side, end - c); ++j)
              target[j * to_stride + i] = source[i * from_stride + j];
      }
      r += height;
    }
  }
}

void TransposeF32(const float* from, int64_t from_stride, int64_t rows, int64_t columns, float* to,
                  int64_t to_stride) {
  Transpose(from, from_stride, rows, columns, to, to_stride);
}
void TransposeF64(const double* from, int64_t from_stride, int64_t rows, int64_t columns,
                  double* to, int64_t to_stride) {
  Transpose(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(TransposeF32);
HWY_EXPORT(TransposeF64);

void transpose_block(const float* from, int64_t from_stride, int64_t rows, int64_t columns,
                     float* to, int64_t to_stride) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(TransposeF32)(from, from_stride, rows, columns, to, to_stride);
}
void transpose_block(const double* from, int64_t from_stride, int64_t rows, int64_t columns,
                     double* to, int64_t to_stride) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(TransposeF64)(from, from_stride, rows, columns, to, to_stride);
}

}  // namespace sluice
#endif
