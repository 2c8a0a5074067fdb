// Which steps of a batch are real.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice {

/// Which steps of a batch [B,T,…] are real. No lengths: all of them.
struct Padding {
  std::vector<int> lengths;  ///< [B] true steps of each row
  bool left = false;         ///< padding stands before the values instead of after
  std::vector<uint8_t> real =
      {};  ///< [B·T] 1 where a step is true, for rows with gaps; empty: none
};
/// From a mask [B·T], row by row: a recurrence passes over the other steps and holds its state.
/// Throws Error "layer.mask" if it does not part into rows of `steps`.
Padding masked(std::vector<uint8_t> real, int steps);

}  // namespace sluice
