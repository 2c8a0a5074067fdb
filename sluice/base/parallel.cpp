#include "sluice/base/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>

#include "sluice/base/error.h"

namespace sluice {

namespace {

std::atomic<int> requested_threads{0};

// What OpenMP found when the program started: OMP_NUM_THREADS, else the cores this process may use.
int default_threads() {
  static const int threads = std::max(1, omp_get_max_threads());
  return threads;
}

// Keeps the exception of the lowest index, so that the error does not depend on the threads.
class FirstException {
 public:
  void keep(int64_t index) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (index >= index_) return;
    index_ = index;
    exception_ = std::current_exception();
  }
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::mutex mutex_;
  int64_t index_ = std::numeric_limits<int64_t>::max();
  std::exception_ptr exception_;
};

}  // namespace

void set_num_threads(int threads) {
  if (threads < 0)
    fail_config("parallel.threads", "threads",
                "the number of threads cannot be " + std::to_string(threads),
                "use 0 for every core, or a positive number");
  requested_threads = threads;
}

int num_threads() {
  const int threads = requested_threads;
  return threads > 0 ? threads : default_threads();
}

void parallel_for(int64_t count, void (*body)(void* context, int64_t i), void* context) {
  const int threads = static_cast<int>(std::min<int64_t>(count, num_threads()));
  if (threads <= 1 || omp_in_parallel()) {
    for (int64_t i = 0; i < count; ++i) body(context, i);
    return;
  }
  FirstException first;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int64_t i = 0; i < count; ++i) {
    try {
      body(context, i);
    } catch (...) {
      first.keep(i);
    }
  }
  first.rethrow();
}

}  // namespace sluice
