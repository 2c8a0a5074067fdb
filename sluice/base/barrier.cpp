#include "sluice/base/barrier.h"

#include <thread>

namespace sluice {

int spin_limit(int threads) {
  static const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return threads <= cores ? 2048 : 0;
}

void Barrier::wait() {
  if (size_ == 1) return;
  const int round = round_.load(std::memory_order_acquire);
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    missing_.store(size_, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
    return;
  }
  while (round_.load(std::memory_order_acquire) == round) wait_while(round_, round, moments_);
}

}  // namespace sluice
