#include "sluice/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <thread>

#include "sluice/base/error.h"
#include "sluice/base/team.h"

namespace sluice {

namespace {

std::atomic<int> requested_threads{0};

// OMP_NUM_THREADS, which people set for every numerical program they run, else the cores this
// process may use.
int default_threads() {
  static const int threads = [] {
    const char* wanted = std::getenv("OMP_NUM_THREADS");
    const int number = wanted ? std::atoi(wanted) : 0;
    return number > 0 ? number : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }();
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
  FirstException first;
  std::atomic<int64_t> next{0};
  const auto work = [&](int, int, Barrier&) {
    for (int64_t i = next++; i < count; i = next++) {
      try {
        body(context, i);
      } catch (...) {
        first.keep(i);
        next = count;  // whatever lies before i is under way: the lowest that fails is still found
      }
    }
  };
  run_team(static_cast<int>(std::min<int64_t>(count, num_threads())), work);
  first.rethrow();
}

}  // namespace sluice
