#include "sluice/engine/matrix_memory.h"

#include <algorithm>
#include <cmath>

#include "sluice/tensor/flush_denormals.h"
#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/engine/matrix_memory.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/engine/matrix_memory-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

int64_t LanesF32() { return static_cast<int64_t>(hn::Lanes(hn::ScalableTag<float>())); }
int64_t LanesF64() { return static_cast<int64_t>(hn::Lanes(hn::ScalableTag<double>())); }
void ForwardF32(HeadSequence<float>& head) { HeadForward<float>(head).Run(); }
void ForwardF64(HeadSequence<double>& head) { HeadForward<double>(head).Run(); }
void BackwardF32(const HeadSequence<float>& head, HeadGradient<float>& gradient) {
  HeadBackward<float>(head, gradient).Run();
}
void BackwardF64(const HeadSequence<double>& head, HeadGradient<double>& gradient) {
  HeadBackward<double>(head, gradient).Run();
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(LanesF32);
HWY_EXPORT(LanesF64);
HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

template <class T>
int64_t padded_head(int64_t size) {
  init_simd();
  const int64_t lanes = sizeof(T) == sizeof(float) ? HWY_DYNAMIC_DISPATCH(LanesF32)()
                                                   : HWY_DYNAMIC_DISPATCH(LanesF64)();
  return (size + lanes - 1) / lanes * lanes;
}
template int64_t padded_head<float>(int64_t size);
template int64_t padded_head<double>(int64_t size);

void run_head_forward(HeadSequence<float>& head) {
  init_simd();
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(ForwardF32)(head);
}
void run_head_forward(HeadSequence<double>& head) {
  init_simd();
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(ForwardF64)(head);
}

void run_head_backward(const HeadSequence<float>& head, HeadGradient<float>& gradient) {
  init_simd();
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(BackwardF32)(head, gradient);
}
void run_head_backward(const HeadSequence<double>& head, HeadGradient<double>& gradient) {
  init_simd();
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(BackwardF64)(head, gradient);
}

}  // namespace sluice
#endif
