// A team of threads that works on one sequence, and the barrier it meets at.
#pragma once

#include <atomic>

namespace sluice {

/// Where `size` threads wait for each other: spins briefly, then gives the core away.
class Barrier {
 public:
  explicit Barrier(int size) : size_(size), missing_(size) {}
  void wait();

 private:
  const int size_;
  std::atomic<int> missing_;
  std::atomic<int> round_{0};
};

/// Runs body(context, thread, team, barrier) on up to `wanted` threads, once on each; `team` is how
/// many there are. The body must not throw.
void run_team(int wanted, void (*body)(void* context, int thread, int team, Barrier& barrier),
              void* context);

template <class Body>
void run_team(int wanted, const Body& body) {
  run_team(
      wanted,
      [](void* context, int thread, int team, Barrier& barrier) {
        (*static_cast<const Body*>(context))(thread, team, barrier);
      },
      const_cast<Body*>(&body));
}

}  // namespace sluice
