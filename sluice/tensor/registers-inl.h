// The vector registers of the instruction set being compiled, and what follows for the weights. No
// functions, so nothing here is compiled for a target of its own.
#if defined(SLUICE_REGISTERS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_REGISTERS_INL
#undef SLUICE_REGISTERS_INL
#else
#define SLUICE_REGISTERS_INL
#endif

#include <hwy/highway.h>

namespace sluice::HWY_NAMESPACE {

#undef SLUICE_REGISTERS
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_ARCH_ARM_A64
#define SLUICE_REGISTERS 32
#else
#define SLUICE_REGISTERS 16
#endif
constexpr int kRegisters = SLUICE_REGISTERS;
/// Vectors of the widest panel worth making.
constexpr int kWidestPanel = kRegisters == 32 ? 4 : 3;

/// Where 512-bit vectors leave one of three vector units idle: half a vector is then done sooner.
constexpr bool kHalvesAreFaster = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL;

}  // namespace sluice::HWY_NAMESPACE
#endif
