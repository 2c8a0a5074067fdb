// Memories of the layer below, of units that do not fill a vector: in x and dx the next row's
// numbers follow them, so they pass through a room of whole vectors.
#pragma once

#include <algorithm>

#include "sluice/engine/sequence_place.h"

namespace sluice {

/// The last group's memories at step s, to the room from which the equations read them.
template <class T>
void take_below(const Place<T>& at, int s) {
  const int unit = at.layout.padded - at.layout.lanes;
  for (int k = 0; k < at.layout.below; ++k)
    for (int r = 0; r < at.active(s); ++r)
      std::copy_n(at.x_below(k, s) + r * at.q.x_row + unit, at.layout.tail,
                  at.below_tail(at.q.below_tail, k) + r * at.layout.lanes);
}

/// The gradients of those, from the room where the equations left them.
template <class T>
void give_below(const Place<T>& at, int s) {
  const int unit = at.layout.padded - at.layout.lanes;
  for (int k = 0; at.q.dx && k < at.layout.below; ++k)
    for (int r = 0; r < at.active(s); ++r)
      std::copy_n(at.below_tail(at.q.dbelow_tail, k) + r * at.layout.lanes, at.layout.tail,
                  at.dx_below(k, s) + r * at.q.dx_row + unit);
}

}  // namespace sluice
