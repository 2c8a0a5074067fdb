#include "sluice/tensor/simd.h"

#include <hwy/targets.h>
#include <cstdlib>
#include <string>

#include "sluice/base/error.h"

namespace sluice {

namespace {

// The instruction sets up to and including the named one.
int64_t allowed_targets(const std::string& name) {
  if (name == "sse4") return HWY_SSE4;
  if (name == "avx2") return HWY_SSE4 | HWY_AVX2;
  if (name == "avx512") return HWY_SSE4 | HWY_AVX2 | HWY_AVX3;
  fail_config("config.target", "SLUICE_TARGET", "unknown instruction set \"" + name + "\"",
              "choose sse4, avx2 or avx512, or unset the variable");
}

bool apply_environment() {
  const char* name = std::getenv("SLUICE_TARGET");
  if (name == nullptr || *name == '\0') return true;
  const int64_t allowed = allowed_targets(name);
  const int64_t best = allowed & -allowed;  // lower bits are better instruction sets
  if ((hwy::SupportedTargets() & best) == 0)
    fail_config("config.target", "SLUICE_TARGET",
                "this processor has no \"" + std::string(name) + "\" instructions",
                "unset the variable to use the best it has");
  hwy::SetSupportedTargetsForTest(0);
  hwy::DisableTargets(~(allowed | HWY_SCALAR | HWY_EMU128));
  return true;
}

}  // namespace

void init_simd() {
  static const bool applied = apply_environment();
  (void)applied;
}

}  // namespace sluice
