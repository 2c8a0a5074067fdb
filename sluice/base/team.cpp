#include "sluice/base/team.h"

#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "sluice/base/parallel.h"

namespace sluice {

namespace {

thread_local bool within_job = false;

// A job is announced by one number, its serial and its size: a thread that takes no part in it
// looks at nothing else, so that the caller waits for those that do and no others.
class Crew {
 public:
  ~Crew() {
    announce(0);
    for (auto& thread : threads_) thread.join();
  }

  void run(int wanted, TeamBody body, void* context) {
    const int team = 1 + hire(wanted - 1);
    Barrier barrier(team);
    body_ = body;
    context_ = context;
    barrier_ = &barrier;
    running_.store(team - 1, std::memory_order_relaxed);
    announce(team);
    within_job = true;
    body(context, 0, team, barrier);
    within_job = false;
    for (int left = running_.load(std::memory_order_acquire); left != 0;
         left = running_.load(std::memory_order_acquire))
      wait_while(running_, left, spin_limit(team));
  }

  std::mutex owner;

 private:
  static constexpr uint32_t size_bits = 12;
  static constexpr uint32_t size_mask = (1u << size_bits) - 1;

  void announce(int team) {
    const uint32_t serial = (announced_.load(std::memory_order_relaxed) >> size_bits) + 1;
    announced_.store(serial << size_bits | static_cast<uint32_t>(team), std::memory_order_release);
    announced_.notify_all();
  }

  // Threads beside the caller: as many as asked for, or as many as the system gives.
  int hire(int wanted) {
    wanted = std::min(wanted, static_cast<int>(size_mask) - 1);
    try {
      while (static_cast<int>(threads_.size()) < wanted) {
        const int number = static_cast<int>(threads_.size()) + 1;
        const uint32_t seen = announced_.load(std::memory_order_relaxed);
        threads_.emplace_back([this, number, seen] { work(number, seen); });
      }
    } catch (const std::system_error&) {
      // Fewer threads than wanted do the same work, and say how many they are.
    }
    return std::min(wanted, static_cast<int>(threads_.size()));
  }

  void work(int number, uint32_t seen) {
    within_job = true;
    for (;;) {
      wait_while(announced_, seen, spin_limit(number + 1));
      const uint32_t now = announced_.load(std::memory_order_acquire);
      if (now == seen) continue;
      seen = now;
      const int team = static_cast<int>(now & size_mask);
      if (team == 0) return;
      if (number >= team) continue;
      body_(context_, number, team, *barrier_);
      running_.fetch_sub(1, std::memory_order_acq_rel);
      running_.notify_one();
    }
  }

  alignas(64) std::atomic<uint32_t> announced_{0};
  alignas(64) std::atomic<int> running_{0};
  TeamBody body_ = nullptr;
  void* context_ = nullptr;
  Barrier* barrier_ = nullptr;
  std::vector<std::thread> threads_;
};

std::unique_ptr<Crew>& crew() {
  static std::unique_ptr<Crew> instance = [] {
    // A forked process has none of its parent's threads: what it inherits is left as it is.
    pthread_atfork(nullptr, nullptr, [] {
      static_cast<void>(crew().release());
      crew() = std::make_unique<Crew>();
    });
    return std::make_unique<Crew>();
  }();
  return instance;
}

}  // namespace

void run_team(int wanted, TeamBody body, void* context) {
  wanted = std::min(wanted, num_threads());
  if (wanted > 1 && !within_job) {
    Crew& all = *crew();
    const std::unique_lock<std::mutex> lock(all.owner, std::try_to_lock);
    if (lock.owns_lock()) return all.run(wanted, body, context);
  }
  Barrier alone(1);
  body(context, 0, 1, alone);
}

}  // namespace sluice
