#include "sluice/engine/row_norm.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/engine/row_norm.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
constexpr ptrdiff_t lanes_of = static_cast<ptrdiff_t>(hn::MaxLanes(Tag<T>()));

/// Rows whose sums are taken at once: those that fill a block of 128 bits.
template <class T>
constexpr int rows_at_once = 16 / sizeof(T);

/// The lanes of a group's units: all but of the last group.
template <class T>
HWY_INLINE hn::Mask<Tag<T>> UnitsOf(const NormRows<T>& t, int group) {
  return hn::FirstN(Tag<T>(),
                    group + 1 < t.groups ? hn::Lanes(Tag<T>()) : static_cast<size_t>(t.last_units));
}
template <class T>
HWY_INLINE T Numbers(const NormRows<T>& t) {
  const auto units = (t.groups - 1) * lanes_of<T> + t.last_units;
  return static_cast<T>(units * t.vectors);
}

template <class D, class V>
HWY_INLINE auto FoldBlocks(D d, V v) {
  if constexpr (hn::MaxLanes(d) * sizeof(hn::TFromD<D>) <= 16) {
    return v;
  } else {
    const hn::Half<D> half;
    return FoldBlocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
/// The sum of each vector's lanes, to the lanes of one block.
HWY_INLINE auto SumsOfRows(const hn::Vec<Tag<float>>* v) {
  const Tag<float> d;
  const hn::RepartitionToWide<Tag<float>> wide;
  const auto a = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const auto b = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  const auto lower = hn::InterleaveLower(wide, hn::BitCast(wide, a), hn::BitCast(wide, b));
  const auto upper = hn::InterleaveUpper(wide, hn::BitCast(wide, a), hn::BitCast(wide, b));
  return FoldBlocks(d, hn::Add(hn::BitCast(d, lower), hn::BitCast(d, upper)));
}
HWY_INLINE auto SumsOfRows(const hn::Vec<Tag<double>>* v) {
  const Tag<double> d;
  return FoldBlocks(
      d, hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1])));
}

/// Some rows, the last one standing in for those behind it, and which of them are there.
template <class T>
struct RowBlock {
  static constexpr int size = 16 / sizeof(T);
  using Block = hn::FixedTag<T, size>;
  using V = hn::Vec<Tag<T>>;

  RowBlock(int begin, int rows) : first(begin), count(HWY_MIN(size, rows - begin)) {}
  int row(int i) const { return first + HWY_MIN(i, count - 1); }
  void store(hn::Vec<Block> numbers, T* to) const {
    alignas(16) T all[size];
    hn::Store(numbers, Block(), all);
    for (int i = 0; i < count; ++i) to[first + i] = all[i];
  }
  const int first, count;
};

/// Where a vector stands in its row, among the normalised numbers, and its gain and shift.
struct At {
  ptrdiff_t value, normed, affine, start;
};

/// Calls f(At, lanes that are units) for every vector of a row.
template <class T, class F>
HWY_INLINE void ForVectors(const NormRows<T>& t, const F& f) {
  for (int g = 0; g < t.groups; ++g) {
    const auto units = UnitsOf(t, g);
    At at = {g * t.group, g * t.normed_group, g * t.affine_group, g * t.start_group};
    for (int v = 0; v < t.vectors; ++v) {
      f(at, units);
      at.value += lanes_of<T>;
      at.normed += lanes_of<T>;
      at.affine += 2 * lanes_of<T>;
      at.start += lanes_of<T>;
    }
  }
}

/// A line of the next step's normalised numbers, for each one of this step's.
template <class T>
HWY_INLINE void FetchNext(const NormRows<T>& t, const T* normed) {
  if (t.next_normed != 0) hwy::Prefetch(normed + t.next_normed);
}

template <class T>
void Measure(const NormRows<T>& t, T* mean, T* scale) {
  const Tag<T> d;
  using Rows = RowBlock<T>;
  const typename Rows::Block block;
  const auto one = hn::Set(block, 1 / Numbers(t)), epsilon = hn::Set(block, static_cast<T>(1e-5));
  for (int first = 0; first < t.rows; first += Rows::size) {
    const Rows rows(first, t.rows);
    const T* row[Rows::size];
    typename Rows::V sum[Rows::size];
    for (int i = 0; i < Rows::size; ++i) {
      row[i] = t.values + rows.row(i) * t.stride;
      sum[i] = hn::Zero(d);
    }
    ForVectors(t, [&](const At& at, auto units) HWY_ATTR {
      for (int i = 0; i < Rows::size; ++i)
        sum[i] = hn::Add(sum[i], hn::IfThenElseZero(units, hn::LoadU(d, row[i] + at.value)));
    });
    alignas(16) T means[Rows::size];
    const auto of_rows = hn::Mul(SumsOfRows(sum), one);
    hn::Store(of_rows, block, means);
    rows.store(of_rows, mean);
    for (auto& squares : sum) squares = hn::Zero(d);
    ForVectors(t, [&](const At& at, auto units) HWY_ATTR {
      for (int i = 0; i < Rows::size; ++i) {
        const auto away = hn::Sub(hn::LoadU(d, row[i] + at.value), hn::Set(d, means[i]));
        const auto counted = hn::IfThenElseZero(units, away);
        sum[i] = hn::MulAdd(counted, counted, sum[i]);
      }
    });
    const auto variance = hn::MulAdd(SumsOfRows(sum), one, epsilon);
    rows.store(hn::Div(hn::Set(block, T{1}), hn::Sqrt(variance)), scale);
  }
}

template <class T>
void Normalise(const NormRows<T>& t, const T* mean, const T* scale) {
  const Tag<T> d;
  for (int r = 0; r < t.rows; ++r) {  // by row: as it lies in memory
    T* const values = t.values + r * t.stride;
    T* const kept = t.normed + r * t.normed_stride;
    const auto middle = hn::Set(d, mean[r]), factor = hn::Set(d, scale[r]);
    ForVectors(t, [&](const At& at, auto units) HWY_ATTR {
      const auto away = hn::Sub(hn::LoadU(d, values + at.value), middle);
      const auto normed = hn::IfThenElseZero(units, hn::Mul(away, factor));
      auto shift = hn::LoadU(d, t.affine + at.affine + lanes_of<T>);
      if (t.start) shift = hn::Add(shift, hn::LoadU(d, t.start + at.start));
      FetchNext(t, kept + at.normed);
      hn::StoreU(normed, d, kept + at.normed);
      hn::StoreU(hn::MulAdd(hn::LoadU(d, t.affine + at.affine), normed, shift), d,
                 values + at.value);
    });
  }
}

template <class T>
void MeasureBack(const NormRows<T>& t, T* gradient, T* product) {
  const Tag<T> d;
  using Rows = RowBlock<T>;
  const auto one = hn::Set(typename Rows::Block(), 1 / Numbers(t));
  for (int first = 0; first < t.rows; first += Rows::size) {
    const Rows rows(first, t.rows);
    typename Rows::V sum[Rows::size], products[Rows::size];
    for (int i = 0; i < Rows::size; ++i) sum[i] = products[i] = hn::Zero(d);
    ForVectors(t, [&](const At& at, auto) HWY_ATTR {
      const auto gain =
          hn::LoadU(d, t.affine + at.affine);  // behind the units gain and gradient are zero
      for (int i = 0; i < Rows::size; ++i) {
        const int r = rows.row(i);
        const auto g = hn::Mul(gain, hn::LoadU(d, t.values + r * t.stride + at.value));
        const T* const normed = t.normed + r * t.normed_stride + at.normed;
        FetchNext(t, normed);
        sum[i] = hn::Add(sum[i], g);
        products[i] = hn::MulAdd(g, hn::LoadU(d, normed), products[i]);
      }
    });
    rows.store(hn::Mul(SumsOfRows(sum), one), gradient);
    rows.store(hn::Mul(SumsOfRows(products), one), product);
  }
}

/// With n = (z - mean) scale: dz = scale (gain g - mean(gain g) - n mean(gain g n)).
template <class T>
void Backward(const NormRows<T>& t, const T* scale, const T* gradient, const T* product) {
  const Tag<T> d;
  ForVectors(t, [&](const At& at, auto units) HWY_ATTR {
    const auto gain = hn::LoadU(d, t.affine + at.affine);
    T* const daffine = t.daffine + at.affine;
    auto dgain = hn::LoadU(d, daffine), dshift = hn::LoadU(d, daffine + lanes_of<T>);
    T* value = t.values + at.value;
    const T* normed = t.normed + at.normed;
    for (int r = 0; r < t.rows; ++r, value += t.stride, normed += t.normed_stride) {
      const auto g = hn::LoadU(d, value), n = hn::LoadU(d, normed);
      dgain = hn::MulAdd(g, n, dgain);
      dshift = hn::Add(dshift, g);
      const auto level = hn::MulAdd(n, hn::Set(d, product[r]), hn::Set(d, gradient[r]));
      const auto dz = hn::Mul(hn::MulSub(gain, g, level), hn::Set(d, scale[r]));
      hn::StoreU(hn::IfThenElseZero(units, dz), d, value);
    }
    hn::StoreU(dgain, d, daffine);
    hn::StoreU(dshift, d, daffine + lanes_of<T>);
  });
}

template <class T>
const RowNormKernels<T>* Kernels() {
  static constexpr RowNormKernels<T> kernels = {Measure<T>, Normalise<T>, MeasureBack<T>,
                                                Backward<T>};
  return &kernels;
}

}  // namespace
const RowNormKernels<float>* NormKernelsF32() { return Kernels<float>(); }
const RowNormKernels<double>* NormKernelsF64() { return Kernels<double>(); }
}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(NormKernelsF32);
HWY_EXPORT(NormKernelsF64);

template <>
const RowNormKernels<float>& row_norm_kernels() {
  init_simd();
  return *HWY_DYNAMIC_DISPATCH(NormKernelsF32)();
}
template <>
const RowNormKernels<double>& row_norm_kernels() {
  init_simd();
  return *HWY_DYNAMIC_DISPATCH(NormKernelsF64)();
}

}  // namespace sluice
#endif
