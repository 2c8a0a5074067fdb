// The masks of one task of the time loop: which numbers dropout takes, which units zoneout holds
// and which a clock leaves at rest. Recomputed from a counter instead of stored.
#pragma once

#include <cstdint>

#include "sluice/engine/cell_layout.h"
#include "sluice/engine/mask_key.h"
#include "sluice/engine/recurrent_dropout.h"
#include "sluice/engine/row_plan.h"
#include "sluice/tensor/tensor.h"

namespace sluice {

/// What decides a pass's masks.
struct MaskRule {
  RecurrentDropout rates;
  MaskKey key;
  uint32_t run = 0;       ///< runs with the same key so far
  bool training = false;  ///< otherwise only zoneout's mean is left
  Tensor steps_before;    ///< [B] f64, that each row has gone, for clocks; undefined: 0

  /// Whether each gate reads a copy of x of its own.
  bool copies_input() const { return training && rates.input > 0 && rates.untied(); }
  /// Whether the time loop has masks to multiply with.
  bool in_loop() const {
    return training ? rates.any_mask() || copies_input()
                    : rates.zoneout_hidden > 0 || rates.zoneout_cell > 0;
  }
};

/// The masks there are; part of the counter, so their numbers stay.
enum class MaskKind : uint32_t {
  input,
  hidden,
  update,
  cell,
  weights,
  zoneout_hidden,
  zoneout_cell
};

/// Units [first, first + count) of some rows of the batch at a step. Untied masks of x and h, which
/// last for the sequence, have the copy's number in the step's place: the first is the tied one.
struct MaskPlace {
  MaskKind kind;
  uint32_t row, step;
  int first, count, rows = 1;
};
/// out [rows, count]: 0 with probability `rate`, else `kept`.
template <class T>
void draw_mask(const MaskRule& rule, const MaskPlace& place, double rate, T kept, T* out);

/// Masks of one step for the rows of a slice, [rows][padded] each; null: none of that kind.
template <class T>
class StepMasks {
 public:
  StepMasks() = default;
  /// `room` holds room_for() numbers.
  StepMasks(const CellLayout& layout, const MaskRule& rule, const RowPlan& plan, int slice,
            T* room);
  static int64_t room_for(const CellLayout& layout, const MaskRule& rule, int rows);

  /// After rule.steps_before has changed: whether the rows' clocks differ.
  void recount();
  /// The masks of a sequence, for groups [first, last), the input's for some rows; then those of
  /// its step s.
  void begin(int first, int last, const Piece& rows);
  void step(int s, int active, int first, int last);

  /// [rows][input_size] Of a gate's copy of x, where each has one.
  const T* input(int gate) const { return input_ + int64_t{gate} * count_ * layout_->input_size; }
  /// Of a copy, where untied masks make several (CellLayout::copy_of).
  const T* hidden(int copy) const { return hidden_ + copy * hidden_copy_; }
  const T* update() const { return update_; }
  const T* cell() const { return cell_; }
  /// 1: the new state is taken; 0: the old one stays; between: their mean. A clock's is the same
  /// for every row, unless rows have gone different numbers of steps.
  const T* select(int state) const { return clock_ ? clock_ : zoneout_[state == 0 ? 0 : 1]; }
  bool select_by_row() const { return clock_ == nullptr || clock_rows_ > 1; }
  /// Whether a unit of a group moves at step s; true where there are no clocks.
  bool moves(int group, int s) const;

 private:
  void draw_input(const Piece& rows);
  void draw(MaskKind kind, double rate, bool drop, int s, int active, int first, int last, T* to);
  int steps_before(int row) const;
  void tick(int s, int first, int last, T* clock) const;
  /// For the step s in training; without, the mean that every step has.
  void zoneout(int which, int s, int active, int first, int last);

  const CellLayout* layout_ = nullptr;
  const MaskRule* rule_ = nullptr;
  const RowPlan* plan_ = nullptr;
  int first_row_ = 0, count_ = 0, clock_rows_ = 1;
  int64_t hidden_copy_ = 0;  // from one copy's mask of h to the next one's; 0: one for all
  T *input_ = nullptr, *hidden_ = nullptr, *update_ = nullptr, *cell_ = nullptr, *zoneout_[2] = {},
    *clock_ = nullptr;
};

}  // namespace sluice
