// What weights multiply where dropout strikes h, or x for each gate on its own: masked copies, made
// anew whenever they are wanted. Kept for every step they would be what costs most memory.
#pragma once

#include <algorithm>

#include "sluice/engine/sequence_place.h"
#include "sluice/tensor/rows.h"

namespace sluice {

/// The copies of a part's source at step s, of the owned units, to [copies][rows][padded]: for each
/// gate that reads a copy of its own, or one for all. A message that all read is struck in place.
template <class T>
void mask_source(const Place<T>& at, const Share& share, Part part, int s, T* to) {
  const int lanes = at.layout.lanes, padded = at.layout.padded, rows = at.active(s);
  const int first = share.first_group * lanes, count = share.last_group * lanes - first;
  const bool hidden = part < Part::message;
  T* const message = hidden ? nullptr : at.message(message_of(part), s);
  const T* const from = (hidden ? at.h_before(s) : message) + first;
  const ptrdiff_t from_row = hidden ? at.h_before_row(s) : padded, to_row = at.read_row(part, s);
  const Piece copies = at.copies_of(part);
  for (int r = 0; r < rows; r += masked_rows)
    for (int i = copies.first; i < copies.first + copies.size; ++i) {
      T* const copy = at.copies(part) ? to + i * at.q.source_copy : message;
      multiply_rows({from + r * from_row, from_row, at.q.masks->hidden(i) + first + r * padded,
                     padded, copy + first + r * to_row, to_row, std::min(masked_rows, rows - r),
                     count});
    }
}

/// A thread's of a task's rows: those whose copies of x it makes.
template <class T>
Piece rows_of(const SequenceTask<T>& q, const Share& share) {
  const int first = q.rows * share.thread / share.team;
  return {first, q.rows * (share.thread + 1) / share.team - first};
}

/// The copies of x at step s, of the thread's rows, to [gates][rows][input_size].
template <class T>
void mask_input(const Place<T>& at, const Share& share, int s, T* to) {
  const ptrdiff_t inputs = at.layout.input_size;
  const Piece own = rows_of(at.q, share);
  const int count = std::min(own.first + own.size, at.active(s)) - own.first;
  const T* const from = at.q.x + s * at.q.x_step + own.first * at.q.x_row;
  for (int gate = 0; count > 0 && gate < at.layout.gates; ++gate)
    if (at.layout.takes_input(gate))
      multiply_rows({from, at.q.x_row, at.q.masks->input(gate) + own.first * inputs, inputs,
                     to + gate * at.q.x_gate + own.first * inputs, inputs, count, inputs});
}

}  // namespace sluice
