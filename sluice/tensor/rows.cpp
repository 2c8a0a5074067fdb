#include "sluice/tensor/rows.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/rows.cpp"
#include <hwy/foreach_target.h>
// What it includes is once for all targets.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

enum class Result { product, added_product, sum };

template <Result R, class T>
HWY_INLINE void PairAll(const RowPairs<T>& q) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int r = 0; r < q.rows; ++r) {
    const T *const x = q.x + r * q.x_stride, *const y = q.y + r * q.y_stride;
    T* const to = q.to + r * q.to_stride;
    const auto some = [&](auto tag, int64_t i) HWY_ATTR {
      const auto a = hn::LoadU(tag, x + i), b = hn::LoadU(tag, y + i);
      auto result = R == Result::sum ? hn::Add(a, b) : hn::Mul(a, b);
      if constexpr (R == Result::added_product) result = hn::Add(hn::LoadU(tag, to + i), result);
      hn::StoreU(result, tag, to + i);
    };
    int64_t i = 0;
    for (; i + lanes <= q.columns; i += lanes) some(d, i);
    for (; i < q.columns; ++i) some(hn::CappedTag<T, 1>(), i);
  }
}

template <class T>
HWY_INLINE void Multiply(RowPairs<T> q) {
  if (q.x_stride == q.columns && q.y_stride == q.columns && q.to_stride == q.columns) {
    q.columns *= q.rows;  // one long row: short ones cost their beginnings and ends
    q.rows = 1;
  }
  q.add ? PairAll<Result::added_product>(q) : PairAll<Result::product>(q);
}

template <bool Past, class T>
HWY_INLINE void PutAll(const PutRows<T>& q) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int r = 0; r < q.rows; ++r) {
    const T* const from = q.from ? q.from + r * q.from_row : nullptr;
    T* const to = q.to + q.at[r];
    const bool aligned = reinterpret_cast<uintptr_t>(to) % (lanes * sizeof(T)) == 0;
    int64_t i = 0;
    for (; i + lanes <= q.columns; i += lanes) {
      const auto numbers = from ? hn::LoadU(d, from + i) : hn::Zero(d);
      if (Past && aligned)
        hn::Stream(numbers, d, to + i);
      else
        hn::StoreU(numbers, d, to + i);
    }
    for (; i < q.columns; ++i) to[i] = from ? from[i] : T{0};
  }
}

template <class T>
HWY_INLINE void Put(const PutRows<T>& q) {
  q.past_caches ? PutAll<true>(q) : PutAll<false>(q);
}

void MultiplyF32(const RowPairs<float>& rows) { Multiply(rows); }
void MultiplyF64(const RowPairs<double>& rows) { Multiply(rows); }
void AddF32(const RowPairs<float>& rows) { PairAll<Result::sum>(rows); }
void AddF64(const RowPairs<double>& rows) { PairAll<Result::sum>(rows); }
void PutF32(const PutRows<float>& rows) { Put(rows); }
void PutF64(const PutRows<double>& rows) { Put(rows); }

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

#define SLUICE_ROWS(function, Kernel, Task)  \
  HWY_EXPORT(Kernel##F32);                   \
  HWY_EXPORT(Kernel##F64);                   \
  void function(const Task<float>& rows) {   \
    init_simd();                             \
    HWY_DYNAMIC_DISPATCH(Kernel##F32)(rows); \
  }                                          \
  void function(const Task<double>& rows) {  \
    init_simd();                             \
    HWY_DYNAMIC_DISPATCH(Kernel##F64)(rows); \
  }
SLUICE_ROWS(multiply_rows, Multiply, RowPairs)
SLUICE_ROWS(add_rows, Add, RowPairs)
SLUICE_ROWS(put_rows, Put, PutRows)
#undef SLUICE_ROWS

void fence_rows() { hwy::FlushStream(); }

}  // namespace sluice
#endif
