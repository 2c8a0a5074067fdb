#include "sluice/tensor/masked_rows.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/masked_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <bool Add, class T>
HWY_INLINE void MultiplyRows(const MaskedRows<T>& q) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int r = 0; r < q.rows; ++r) {
    const T *const x = q.x + r * q.x_stride, *const mask = q.mask + r * q.mask_stride;
    T* const to = q.to + r * q.to_stride;
    const auto some = [&](auto tag, int64_t i) HWY_ATTR {
      auto product = hn::Mul(hn::LoadU(tag, x + i), hn::LoadU(tag, mask + i));
      if constexpr (Add) product = hn::Add(hn::LoadU(tag, to + i), product);
      hn::StoreU(product, tag, to + i);
    };
    int64_t i = 0;
    for (; i + lanes <= q.columns; i += lanes) some(d, i);
    for (; i < q.columns; ++i) some(hn::CappedTag<T, 1>(), i);
  }
}

template <class T>
HWY_INLINE void Multiply(MaskedRows<T> q) {
  if (q.x_stride == q.columns && q.mask_stride == q.columns && q.to_stride == q.columns) {
    q.columns *= q.rows;  // one long row: short ones cost their beginnings and ends
    q.rows = 1;
  }
  q.add ? MultiplyRows<true>(q) : MultiplyRows<false>(q);
}

void MultiplyF32(const MaskedRows<float>& rows) { Multiply(rows); }
void MultiplyF64(const MaskedRows<double>& rows) { Multiply(rows); }

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(MultiplyF32);
HWY_EXPORT(MultiplyF64);

void multiply_rows(const MaskedRows<float>& rows) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(MultiplyF32)(rows);
}
void multiply_rows(const MaskedRows<double>& rows) {
  init_simd();
  HWY_DYNAMIC_DISPATCH(MultiplyF64)(rows);
}

}  // namespace sluice
#endif
