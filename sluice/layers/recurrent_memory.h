// What the forward and the backward pass of a direction share: copies between the batch and the
// time loop's memory, the loop's tasks, and how threads share them.
#pragma once

#include <algorithm>

#include "sluice/base/parallel.h"
#include "sluice/layers/recurrent_pass.h"

namespace sluice {

/// Whether the loop may read and write whole vectors at a view's rows: its columns fill them, or
/// the lanes behind them are the view's own.
inline bool whole_vectors(const SequenceView& view, int columns, int padded) {
  return padded == columns || (view.first_column == 0 && view.tensor.size(-1) == padded);
}

/// Whether y's own memory can hold the hidden states that the loop reads back.
inline bool y_serves(const CellLayout& layout, const PassMemory& memory) {
  return memory.y.defined() && !memory.plan.ragged() &&
         whole_vectors(memory.y, layout.hidden_size, layout.padded);
}

template <class T>
Tensor room(int64_t count) {
  return Tensor::uninitialized({count}, dtype_of<T>);
}

/// What every chain starts from, a pass's and a stream's: [groups][gates][lanes].
template <class T>
void sum_biases(const Direction& d, T* start) {
  const int64_t count = d.layout.bias_size();
  std::fill_n(start, count, T{0});
  for (const Variable* bias : {&d.bias_input, &d.bias_hidden}) {
    if (!bias->defined()) continue;
    const T* b = std::as_const(bias->value()).template data<T>();
    for (int64_t i = 0; i < count; ++i) start[i] += b[i];
  }
}

/// Copies rows between a view and packed memory [slice][step][row][width]; ragged or padded only.
template <class T, class Copy>
void for_each_row(const RowPlan& plan, bool reverse, int width, Copy&& copy) {
  parallel_for(plan.slices(), [&](int64_t slice) {
    const int i = static_cast<int>(slice), begin = plan.begin(i), count = plan.count(i);
    for (int s = 0; s < plan.steps(); ++s) {
      const int rows = plan.active(i) ? plan.active(i)[s] : count;
      for (int r = 0; r < rows; ++r) {
        const int64_t at = (int64_t{begin} * plan.steps() + int64_t{s} * count + r) * width;
        copy(at, plan.time(begin + r, s, reverse), plan.row(begin + r));
      }
    }
  });
}

template <class T>
Tensor gather(const SequenceView& from, const RowPlan& plan, bool reverse, int width) {
  Tensor packed = room<T>(int64_t{plan.batch()} * plan.steps() * width);
  T* to = packed.data<T>();
  const auto rows = from.rows<T>();
  const int columns = from.columns;
  if (columns < width) packed.fill(0);
  for_each_row<T>(plan, reverse, width, [=](int64_t at, int time, int row) {
    std::copy_n(rows.at(time, row), columns, to + at);
  });
  return packed;
}

template <class T>
void scatter(const T* packed, int width, SequenceView& to, const RowPlan& plan, bool reverse) {
  const auto rows = to.rows<T>();
  const int columns = to.columns;
  for_each_row<T>(plan, reverse, width, [=](int64_t at, int time, int row) {
    std::copy_n(packed + at, columns, rows.at(time, row));
  });
}

/// Calls f(time, row, position, after) for every padded step; `after` the row's last true step in
/// the order of processing, or before its first.
template <class F>
void for_each_padding(const RowPlan& plan, bool reverse, F&& f) {
  for (int p = 0; p < plan.batch(); ++p) {
    const int length = plan.length(p);
    const int first = std::min(plan.time(p, 0, reverse), plan.time(p, length - 1, reverse));
    for (int t = 0; t < plan.steps(); ++t)
      if (t < first || t >= first + length) f(t, plan.row(p), p, (t >= first) != reverse);
  }
}

/// Fills the padding of a ragged sequence with zeros, or with the state held there.
template <class T>
void fill_padding(SequenceView& y, const PassMemory& m, bool reverse, bool hold, int padded) {
  for_each_padding(m.plan, reverse, [&](int time, int row, int p, bool after) {
    T* to = y.at<T>(time, row);
    if (!hold)
      std::fill_n(to, y.columns, T{0});
    else if (after)
      std::copy_n(y.at<T>(m.plan.time(p, m.plan.length(p) - 1, reverse), row), y.columns, to);
    else
      std::copy_n(std::as_const(m.first).template data<T>() + int64_t{p} * padded, y.columns, to);
  });
}

/// Calls f(neutral, packed) for every unit of a slice's rows: its place in a [B,H] state and in the
/// loop's [groups][rows][lanes] memory of the slice.
template <class F>
void for_each_unit(const CellLayout& layout, const RowPlan& plan, int slice, F&& f) {
  const int begin = plan.begin(slice), rows = plan.count(slice);
  for (int r = 0; r < rows; ++r) {
    const int64_t neutral = int64_t{plan.row(begin + r)} * layout.hidden_size;
    for (int u = 0; u < layout.hidden_size; ++u)
      f(neutral + u, (int64_t{u / layout.lanes} * rows + r) * layout.lanes + u % layout.lanes);
  }
}

/// One slice's view of the pass; what forward and backward have in common.
template <class T>
SequenceTask<T> make_task(const Direction& direction, const PassMemory& memory, int slice);

/// Gives the tasks their slices' masks, where the pass has any.
template <class T>
void make_masks(const Direction& direction, const PassMemory& memory, Tensor& room,
                PoolArray<StepMasks<T>>& masks, PoolArray<SequenceTask<T>>& tasks);

/// Most threads that can work on one task: each needs room of its own.
int most_threads(const Direction& direction, const PassMemory& memory);

/// Runs `work(task, share, barrier)` over the slices, sharing rows or units.
template <class T, class Work>
void share_work(const Direction& d, const PassMemory& m, PoolArray<SequenceTask<T>>& tasks,
                const Work& work) {
  if (m.units) {
    const int wanted = static_cast<int>(d.layout.hidden_blocks.size());
    run_team(wanted, [&](int thread, int team, Barrier& barrier) {
      work(tasks[0], share_of(d.layout, thread, team), barrier);
    });
    return;
  }
  parallel_for(m.plan.slices(), [&](int64_t slice) {
    Barrier alone(1);
    work(tasks[slice], share_of(d.layout, 0, 1), alone);
  });
}

}  // namespace sluice
