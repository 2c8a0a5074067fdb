#include "sluice/base/barrier.h"

#include <thread>

namespace sluice {

void Barrier::wait() {
  if (size_ == 1) return;
  const int round = round_.load(std::memory_order_acquire);
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    missing_.store(size_, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    return;
  }
  for (int i = 0; round_.load(std::memory_order_acquire) == round; ++i) {
    if (i < spin_limit)
      spin_pause();
    else
      std::this_thread::yield();
  }
}

}  // namespace sluice
