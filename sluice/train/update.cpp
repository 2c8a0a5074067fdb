#include "sluice/train/update.h"

#include "sluice/tensor/flush_denormals.h"
#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/train/update.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/train/update_rules-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Numbers [i, i + lanes).
template <int Moments, class D, class Rule, class T = hn::TFromD<D>>
HWY_INLINE void UpdateVector(D d, const Rule& rule, const UpdateRun<T>& run, int64_t i) {
  Lanes<D> moments[Moments > 0 ? Moments : 1];
  for (int k = 0; k < Moments; ++k)
    moments[k] = Lanes<D>(hn::LoadU(d, run.moments[static_cast<size_t>(k)] + i));
  const Lanes<D> old = Lanes<D>(hn::LoadU(d, run.value + i)) * Lanes<D>(run.shrink);
  const Lanes<D> g = Lanes<D>(hn::LoadU(d, run.grad + i)) + run.decay * old;
  const Lanes<D> value = Updated<Moments>(rule, g, old, moments);
  for (int k = 0; k < Moments; ++k)
    hn::StoreU(moments[k].v, d, run.moments[static_cast<size_t>(k)] + i);
  hn::StoreU(value.v, d, run.value + i);
}

// Copies, so that no store through a pointer can be taken for a change of the rule.
template <int Moments, class Rule, class T>
void UpdateAll(const Rule rule, const UpdateRun<T> run) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= run.count; i += lanes) UpdateVector<Moments>(d, rule, run, i);
  for (; i < run.count; ++i) UpdateVector<Moments>(one, rule, run, i);
}

// A rule has Least to Most moments: those that are not null.
template <int Least, int Most, class Rule, class T>
void Update(const Rule& rule, const UpdateRun<T>& run) {
  if constexpr (Least < Most)
    if (run.moments[Least] != nullptr) return Update<Least + 1, Most>(rule, run);
  UpdateAll<Least>(rule, run);
}

#define SLUICE_UPDATE_KERNEL(NAME, LEAST, MOST)                          \
  void NAME##F32(const NAME##Rule& rule, const UpdateRun<float>& run) {  \
    Update<LEAST, MOST>(rule, run);                                      \
  }                                                                      \
  void NAME##F64(const NAME##Rule& rule, const UpdateRun<double>& run) { \
    Update<LEAST, MOST>(rule, run);                                      \
  }
SLUICE_UPDATE_RULES(SLUICE_UPDATE_KERNEL)
#undef SLUICE_UPDATE_KERNEL

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

#define SLUICE_EXPORT_UPDATE(NAME, LEAST, MOST)                             \
  HWY_EXPORT(NAME##F32);                                                    \
  HWY_EXPORT(NAME##F64);                                                    \
  void apply_update(const NAME##Rule& rule, const UpdateRun<float>& run) {  \
    init_simd();                                                            \
    const FlushDenormals flush;                                             \
    HWY_DYNAMIC_DISPATCH(NAME##F32)(rule, run);                             \
  }                                                                         \
  void apply_update(const NAME##Rule& rule, const UpdateRun<double>& run) { \
    init_simd();                                                            \
    const FlushDenormals flush;                                             \
    HWY_DYNAMIC_DISPATCH(NAME##F64)(rule, run);                             \
  }
SLUICE_UPDATE_RULES(SLUICE_EXPORT_UPDATE)
#undef SLUICE_EXPORT_UPDATE

}  // namespace sluice
#endif
