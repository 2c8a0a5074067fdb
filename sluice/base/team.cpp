#include "sluice/base/team.h"

#include <omp.h>

#include <algorithm>
#include <thread>

#include "sluice/base/parallel.h"

namespace sluice {

void Barrier::wait() {
  if (size_ == 1) return;
  const int round = round_.load(std::memory_order_acquire);
  if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    missing_.store(size_, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    return;
  }
  // A step of a sequence takes microseconds: sleeping at once would cost more than it.
  constexpr int spins = 4096;
  for (int i = 0; round_.load(std::memory_order_acquire) == round; ++i) {
    if (i < spins) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      std::this_thread::yield();
    }
  }
}

void run_team(int wanted, void (*body)(void*, int, int, Barrier&), void* context) {
  const int threads = std::min(wanted, num_threads());
  if (threads <= 1 || omp_in_parallel()) {
    Barrier alone(1);
    body(context, 0, 1, alone);
    return;
  }
  // The runtime may give fewer than asked for, but says how many only inside.
  alignas(Barrier) unsigned char room[sizeof(Barrier)];
  Barrier* barrier = nullptr;
#pragma omp parallel num_threads(threads)
  {
#pragma omp single
    barrier = new (room) Barrier(omp_get_num_threads());
    body(context, omp_get_thread_num(), omp_get_num_threads(), *barrier);
  }
}

}  // namespace sluice
