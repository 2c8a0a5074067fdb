// A team of threads that works on one thing. The threads are the library's own: started when first
// needed, asleep between jobs.
#pragma once

#include "sluice/base/barrier.h"

namespace sluice {

/// What each thread of a team runs: its number, how many there are, and where they meet.
using TeamBody = void (*)(void* context, int thread, int team, Barrier& barrier);

/// Runs the body once on each of up to `wanted` threads, the caller being number 0, and comes back
/// when all have. The caller is alone within another team's body, while another thread of the
/// program has the threads, and where the system gives none. The body must not throw.
void run_team(int wanted, TeamBody body, void* context);

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
