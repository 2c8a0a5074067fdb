#include "sluice/tensor/transpose.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <algorithm>

#include "sluice/tensor/transpose-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void Tile(D d, const T* from, int64_t from_stride, T* to, int64_t to_stride) {
  hn::Vec<D> columns[kTileSide<T>];
  TransposeTile(d, from, from_stride, columns);
  for (int i = 0; i < kTileSide<T>; ++i) hn::StoreU(columns[i], d, to + i * to_stride);
}

template <class T>
HWY_INLINE void Transpose(const T* from, int64_t from_stride, int64_t rows, int64_t columns, T* to,
                          int64_t to_stride) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const hn::Full128<T> block;
  constexpr int64_t tall = HWY_MIN(HWY_LANES(T), 64 / sizeof(T)), side = kTileSide<T>;
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
