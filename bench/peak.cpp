// The most multiply-adds a second the processor can do with the instruction set in use.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/peak.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// `rounds` of 12 independent multiply-adds; returns the operations done.
double MultiplyAdds(long rounds, float* out) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  V sum[12];
  for (int i = 0; i < 12; ++i) sum[i] = hn::Set(d, 0.1f * static_cast<float>(i));
  const V a = hn::Set(d, out[0]), b = hn::Set(d, out[1]);
  for (long r = 0; r < rounds; ++r) {
    HWY_UNROLL(12)
    for (int i = 0; i < 12; ++i) sum[i] = hn::MulAdd(sum[i], a, b);
  }
  for (int i = 1; i < 12; ++i) sum[0] = hn::Add(sum[0], sum[i]);
  hn::StoreU(sum[0], d, out);
  return 24.0 * static_cast<double>(rounds) * static_cast<double>(hn::Lanes(d));
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <chrono>

#include "bench/program.h"
#include "sluice/base/parallel.h"
#include "sluice/base/team.h"
#include "sluice/tensor/simd.h"

namespace sluice {
HWY_EXPORT(MultiplyAdds);

double peak_gflops() {
  init_simd();
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int sample = 0; sample < 5; ++sample) {
    double operations[64] = {};
    const auto begin = Clock::now();
    run_team(num_threads(), [&](int thread, int, Barrier&) {
      float out[64] = {0.999f, 1e-3f};
      operations[thread] = HWY_DYNAMIC_DISPATCH(MultiplyAdds)(2000000, out);
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    double total = 0;
    for (double each : operations) total += each;
    if (total / seconds > best) best = total / seconds;
  }
  return best * 1e-9;
}

}  // namespace sluice
#endif
