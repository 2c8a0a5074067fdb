// What random masks are keyed by, so that they are recomputed instead of stored.
#pragma once

#include <cstdint>

namespace sluice {

/// The trainer sets it before each update; together with the place of a number in its layer it
/// decides the mask, whatever the number of threads.
struct MaskKey {
  uint64_t seed = 0;
  uint64_t update = 0;  ///< updates finished so far
  uint32_t layer = 0;   ///< the next free layer number
};

}  // namespace sluice
