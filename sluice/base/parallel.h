// Threads: how many, and loops over them. Results never depend on the number (see ARCHITECTURE.md).
#pragma once

#include <cstdint>

namespace sluice {

/// Threads the library may use; 0 means every core. Default: every core.
void set_num_threads(int threads);
int num_threads();

/// Calls body(context, i) for i in [0, count), spread over the threads; exceptions pass through.
void parallel_for(int64_t count, void (*body)(void* context, int64_t i), void* context);

template <class Body>
void parallel_for(int64_t count, const Body& body) {
  parallel_for(
      count, [](void* context, int64_t i) { (*static_cast<const Body*>(context))(i); },
      const_cast<Body*>(&body));
}

}  // namespace sluice
