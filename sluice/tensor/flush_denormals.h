// Numbers too small for a full mantissa (below 1.2e-38 in float) count as zero while one of these
// lives, on this thread: a processor takes a hundred times as long over them, and a training run
// that converges, or a state that fades, is full of them. Not a public header.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace sluice {

class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | to_zero); }
  ~FlushDenormals() { _mm_setcsr(saved_); }
#elif defined(__aarch64__)
  FlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" : : "r"(saved_ | to_zero));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr unsigned to_zero = 0x8040;  // results, and what is read
  unsigned saved_;
#elif defined(__aarch64__)
  static constexpr uint64_t to_zero = uint64_t{1} << 24;
  uint64_t saved_;
#endif
};

}  // namespace sluice
