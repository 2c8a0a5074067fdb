// What the forward and the backward pass of a direction share: copies between the batch and the
// time loop's memory, the loop's tasks, and how threads share them.
#pragma once

#include <algorithm>
#include <cstring>

#include "sluice/base/parallel.h"
#include "sluice/engine/pass.h"
#include "sluice/engine/sequence_segments.h"
#include "sluice/tensor/rows.h"

namespace sluice {

/// Whether the loop may read and write whole vectors at a view's rows: its columns fill them, or
/// the lanes behind them are the view's own.
inline bool whole_vectors(const SequenceView& view, int columns, int padded) {
  return padded == columns || (view.own_lanes && view.tensor.size(-1) == padded);
}

/// Whether y's own memory can hold the hidden states that the loop reads back.
inline bool y_serves(const CellLayout& layout, const PassMemory& memory) {
  return memory.y.defined() && (memory.y.sorted || !memory.plan.ragged()) && layout.gives_h() &&
         whole_vectors(memory.y, layout.out, layout.out_padded);
}

/// The place of a value other than h among those that y consists of, where the loop writes it there
/// itself; -1: it does not.
inline int place_in_y(const CellLayout& layout, const PassMemory& memory, int value) {
  const auto given = std::find(layout.gives.begin(), layout.gives.end(), value);
  const bool serves =
      memory.y.defined() && !memory.plan.ragged() && layout.hidden_size == layout.padded;
  return serves && given != layout.gives.end() ? static_cast<int>(given - layout.gives.begin())
                                               : -1;
}

/// Where the loop finds a sequence: own step s of a slice's row r at first + s * step + r * row.
template <class T>
struct LoopRows {
  T* first;
  ptrdiff_t step, row;
};
template <class T>
LoopRows<T> loop_rows(const SequenceView& view, const RowPlan& plan, int slice, bool reverse) {
  const int begin = plan.begin(slice), last = plan.steps() - 1;
  T* const all = view.tensor.shared_data<T>();
  if (!view.sorted)
    return {all + view.offset(reverse ? last : 0, begin), view.step_stride() * (reverse ? -1 : 1),
            view.row_stride()};
  const int64_t width = view.tensor.size(-1);
  return {all + begin * plan.steps() * width, plan.count(slice) * width, width};
}

/// Whether the loop may read or write a ragged sequence in the batch's own order: from one step to
/// the next all rows move alike.
inline bool loop_finds_rows(const CellLayout& layout, const PassMemory& memory,
                            const SequenceView& view) {
  return memory.plan.ragged() && !memory.plan.has_gaps() && view.defined() && !view.sorted &&
         layout.groups > 1 && !layout.projects();
}
/// Where each position's first step lies then in a view's tensor, and from there to the next step.
PoolArray<ptrdiff_t> first_steps(const SequenceView& view, const RowPlan& plan, bool reverse);
inline ptrdiff_t next_step(const SequenceView& view, bool reverse) {
  return reverse ? -view.step_stride() : view.step_stride();
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

/// Room for a view's rows in the order of the plan.
template <class T>
SequenceView sorted_room(const RowPlan& plan, int columns) {
  const Shape shape = {plan.steps(), plan.batch(), columns};
  SequenceView view(Tensor::uninitialized(shape, dtype_of<T>), false);
  view.sorted = true;
  return view;
}

/// std::copy_n, whose call costs more than copying a row this narrow.
template <class T>
inline void copy_row(const T* from, int columns, T* to) {
  constexpr int narrow = 64, block = 4;
  if (columns > narrow) {
    std::copy_n(from, columns, to);
    return;
  }
  int i = 0;
  for (; i + block <= columns; i += block) std::memcpy(to + i, from + i, block * sizeof(T));
  for (; i < columns; ++i) to[i] = from[i];
}

/// Where a slice's rows lie in packed memory [slice][step][row][width].
template <class T>
LoopRows<T> packed_rows(T* packed, const RowPlan& plan, int slice, int width) {
  const ptrdiff_t step = ptrdiff_t{plan.count(slice)} * width;
  return {packed + ptrdiff_t{plan.begin(slice)} * plan.steps() * width, step, width};
}

/// Copies the rows of so many steps.
template <class T>
void copy_steps(LoopRows<const T> from, LoopRows<T> to, int steps, int rows, int columns) {
  for (int s = 0; s < steps; ++s, from.first += from.step, to.first += to.step)
    for (int r = 0; r < rows; ++r)
      copy_row(from.first + r * from.row, columns, to.first + r * to.row);
}

/// The same for a ragged slice, of which `copy` is told where a row lies in packed memory, and when
/// and in which row of the batch.
template <class Copy>
void for_each_ragged_row(const RowPlan& plan, int slice, bool reverse, int width,
                         const Copy& copy) {
  const int begin = plan.begin(slice), count = plan.count(slice);
  for (int s = 0; s < plan.steps(); ++s)
    for (int r = 0; r < plan.active(slice)[s]; ++r) {
      const int64_t at = (int64_t{begin} * plan.steps() + int64_t{s} * count + r) * width;
      copy(at, plan.time(begin + r, s, reverse), plan.row(begin + r));
    }
}

/// Copies a view's rows to packed memory, whose lanes behind them become zeros.
template <class T>
void gather(const SequenceView& from, const RowPlan& plan, bool reverse, int width, T* to) {
  const int columns = from.columns;
  if (columns < width) std::fill_n(to, int64_t{plan.batch()} * plan.steps() * width, T{0});
  const auto rows = from.rows<T>();
  parallel_for(plan.slices(), [&](int64_t i) {
    const int slice = static_cast<int>(i);
    if (!plan.ragged()) {
      const LoopRows<T> given = loop_rows<T>(from, plan, slice, reverse);
      return copy_steps<T>({given.first, given.step, given.row},
                           packed_rows(to, plan, slice, width), plan.steps(), plan.count(slice),
                           columns);
    }
    for_each_ragged_row(plan, slice, reverse, width, [=](int64_t at, int time, int row) {
      copy_row(rows.at(time, row), columns, to + at);
    });
  });
}

/// Copies packed rows to a view's columns.
template <class T>
void scatter(const T* packed, int width, SequenceView& to, const RowPlan& plan, bool reverse) {
  const int columns = to.columns;
  const auto rows = to.rows<T>();
  parallel_for(plan.slices(), [&](int64_t i) {
    const int slice = static_cast<int>(i);
    if (!plan.ragged())
      return copy_steps(packed_rows(packed, plan, slice, width),
                        loop_rows<T>(to, plan, slice, reverse), plan.steps(), plan.count(slice),
                        columns);
    for_each_ragged_row(plan, slice, reverse, width, [=](int64_t at, int time, int row) {
      copy_row(packed + at, columns, rows.at(time, row));
    });
  });
}

/// A step that is not real: when, in which row of the batch, at which position of which slice, and
/// the own step of the row that came before it in the order of processing; -1: none did.
struct PaddedStep {
  int time, row, position, slice, own;
};

/// Calls f(PaddedStep) for all of them, a row's by one thread, which calls `done` at last.
template <class F, class Done>
void for_each_padding(const RowPlan& plan, bool reverse, const F& f, const Done& done) {
  const int steps = plan.steps();
  const auto turned = [=](int k) { return reverse ? steps - 1 - k : k; };
  parallel_for(plan.slices(), [&](int64_t i) {
    const int slice = static_cast<int>(i);
    for (int p = plan.begin(slice); p < plan.begin(slice + 1); ++p) {
      const int length = plan.length(p), block = plan.has_gaps() ? 1 : length;
      for (int own = -1, k = 0; k < steps; k += block, own += block) {
        const int next = own + 1 < length ? turned(plan.time(p, own + 1, reverse)) : steps;
        for (; k < next; ++k) f(PaddedStep{turned(k), plan.row(p), p, slice, own});
      }
    }
    done();
  });
}

template <class F>
void for_each_padding(const RowPlan& plan, bool reverse, const F& f) {
  for_each_padding(plan, reverse, f, [] {});
}

/// Fills the padding of a ragged sequence with zeros, or with the state held there.
template <class T>
void fill_padding(SequenceView& y, const PassMemory& m, bool reverse, bool hold, int padded) {
  const auto rows = y.rows<T>();
  const int columns = y.columns;
  const bool past = !stays_in_caches(y.tensor.numel() * int64_t{sizeof(T)});
  const auto fill = [&, columns, past](const PaddedStep& s) {
    constexpr ptrdiff_t here = 0;
    T* const to = rows.at(s.time, s.row);
    if (!hold && past)
      put_rows({nullptr, 0, to, &here, 1, columns, past});
    else if (!hold)
      std::fill_n(to, columns, T{0});
    else if (s.own >= 0)
      std::copy_n(rows.at(m.plan.time(s.position, s.own, reverse), s.row), columns, to);
    else
      std::copy_n(std::as_const(m.first).template data<T>() + int64_t{s.position} * padded, columns,
                  to);
  };
  for_each_padding(m.plan, reverse, fill, [past] {
    if (past) fence_rows();
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
SequenceTask<T> make_task(const Direction& direction, const PassMemory& memory,
                          const LoopMemory& loop, int slice);
/// Memory of so many steps, but for h.
template <class T>
void make_loop_memory(const CellLayout& layout, const PassMemory& memory, int steps, bool remembers,
                      LoopMemory& loop);
/// Room for a step's outputs: of every step where y is made of them later, none where the loop
/// writes y, and of one step if nobody wants them.
template <class T>
void make_output_memory(const CellLayout& layout, const PassMemory& memory, bool wanted,
                        LoopMemory& loop);
template <class T>
SegmentBorders<T> borders_of(const CellLayout& layout, const PassMemory& memory, int slice);

/// Gives the tasks their slices' masks, where the pass has any.
template <class T>
void make_masks(const Direction& direction, const PassMemory& memory, Tensor& room,
                PoolArray<StepMasks<T>>& masks, PoolArray<SequenceTask<T>>& tasks);

/// Most threads that can work on one task: each needs room of its own.
int most_threads(const Direction& direction, const PassMemory& memory);

/// Runs `work(slice, share, barrier)` over the slices, sharing rows or units.
template <class Work>
void share_work(const Direction& d, const PassMemory& m, const Work& work) {
  if (m.units) {
    const int wanted = static_cast<int>(d.layout.unit_blocks.size());
    run_team(wanted, [&](int thread, int team, Barrier& barrier) {
      work(0, share_of(d.layout, thread, team), barrier);
    });
    return;
  }
  parallel_for(m.plan.slices(), [&](int64_t slice) {
    Barrier alone(1);
    work(static_cast<int>(slice), share_of(d.layout, 0, 1), alone);
  });
}

}  // namespace sluice
