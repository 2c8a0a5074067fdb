// Waiting of threads for each other: awake at first, since a step of a sequence takes microseconds
// and waking a thread many.
#pragma once

#include <atomic>

namespace sluice {

/// Moments to wait awake, for `threads` that wait for each other: none where they outnumber the
/// cores, since one that waits awake keeps another from arriving.
int spin_limit(int threads);

/// Lets a core rest for a moment within a loop that waits.
inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits while the value is `old`: awake for some moments, then asleep until it is notified.
template <class T>
void wait_while(const std::atomic<T>& value, T old, int moments) {
  for (int i = 0; i < moments; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    spin_pause();
  }
  value.wait(old, std::memory_order_acquire);
}

/// Where `size` threads wait for each other.
class Barrier {
 public:
  explicit Barrier(int size) : size_(size), moments_(spin_limit(size)), missing_(size) {}
  void wait();

 private:
  const int size_, moments_;
  std::atomic<int> missing_;
  std::atomic<int> round_{0};
};

}  // namespace sluice
