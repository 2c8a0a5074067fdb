// The only time loop: one direction of one layer, over the rows of one slice, any cell.
#pragma once

#include <cstddef>

#include "sluice/base/team.h"
#include "sluice/layers/cell_layout.h"

namespace sluice {

/// Where everything lies. Step s of a row is its own s-th step in the order of processing; rows are
/// sorted so that those still running at a step come first.
template <class T>
struct SequenceTask {
  const CellLayout* layout;
  const PanelKernels<T>* panels;
  const CellKernel<T>* kernel;
  CellSwitches switches;

  int steps, rows;
  const int* active;  ///< [steps] rows still running; null: all of them

  const T* weights[3];     ///< packed, by Part
  const T* start;          ///< [groups][gates][lanes] bias every chain starts from
  const T* transposed[3];  ///< backward only; input part only if dx is wanted

  const T* x;  ///< step s, row r at x + s * x_step + r * x_row
  ptrdiff_t x_step, x_row;

  T* h;  ///< hidden state after step s; rows padded to whole vectors
  ptrdiff_t h_step, h_row;
  int h_period;            ///< steps kept: `steps`, or 2 where nothing is remembered
  const T* h_first;        ///< [rows][padded] before the first step; never null
  bool zero_first;         ///< h_first is all zeros: its products are skipped
  T* state[max_states];    ///< other states: [steps + 1][groups][rows][lanes], index 0 unused
  ptrdiff_t state_step;    ///< 0: updated in place
  T* z;                    ///< [steps][groups][rows][slots][lanes]
  ptrdiff_t z_step;        ///< 0: reused
  T* message;              ///< [steps][rows][padded]
  ptrdiff_t message_step;  ///< 0: reused

  // Backward.
  const T* dy;  ///< gradient of h after each step; null: none
  ptrdiff_t dy_step, dy_row;
  T* dh;                  ///< [rows][padded] enters as the gradient of each row's last h
  T* dstate[max_states];  ///< [groups][rows][lanes] enters as that of the last other states
  T* dmessage;            ///< [rows][padded]
  bool need_first;        ///< whether the gradient of h_first is wanted (left in dh)
  T* dx;                  ///< null: not wanted; every element is written
  ptrdiff_t dx_step, dx_row;
  T* dx_tail;            ///< [rows][lanes] room for the last, partial vector of dx
  T* dweights[3];        ///< packed, added to
  T* dstart;             ///< [groups][gates][lanes], added to
  Segment<T>* segments;  ///< room for `groups` of them, one lot for each thread
  PanelTask<T>* tasks;   ///< the same
};

/// Which part of the units a thread owns: blocks of the hidden part and the groups in them.
struct Share {
  int first_block, last_block, first_group, last_group;
  int thread, team;
};
/// Thread `thread` of `team`'s share; whole blocks, so the sums do not depend on the team.
Share share_of(const CellLayout& layout, int thread, int team);

template <class T>
void run_forward(const SequenceTask<T>& task, const Share& share, Barrier& barrier);
template <class T>
void run_backward(const SequenceTask<T>& task, const Share& share, Barrier& barrier);

}  // namespace sluice
