// When the backward loop adds the weights' gradients of the steps behind it.
#pragma once

#include <algorithm>

#include "sluice/engine/cell_layout.h"

namespace sluice {

/// Steps come in falling order and are added some at a time. A sum's bits depend on where it is
/// cut, so this one rule says where.
class WeightRhythm {
 public:
  static constexpr int most_steps = 128;

  /// `number_size`: bytes of a number.
  WeightRhythm(const CellLayout& layout, size_t number_size, int steps)
      : enough_rows_(enough_rows(layout, number_size)), last_(steps) {}

  /// Whether steps [s, last()) are to be added now that step s with so many rows is done; a step
  /// without rows has nothing to add.
  bool due(int s, int rows) {
    if (rows == 0) {
      last_ = s;
      return false;
    }
    rows_owed_ += rows;
    return rows_owed_ >= enough_rows_ || last_ - s == most_steps || s == 0;
  }
  int last() const { return last_; }
  /// Most rows that can be owed at once, where a step has up to so many.
  static int most_rows(const CellLayout& layout, size_t number_size, int steps, int rows) {
    const int last_step = rows, before = enough_rows(layout, number_size) - 1;
    return std::min(before + last_step, std::min(steps, most_steps) * rows);
  }
  void added(int s) {
    last_ = s;
    rows_owed_ = 0;
  }

 private:
  /// Rows from which on a register tile's start and end stop to matter; twice as many where the
  /// gradients lie beyond the second cache and every visit costs.
  static int enough_rows(const CellLayout& layout, size_t number_size) {
    constexpr int64_t second_cache = 4 << 20;
    return layout.packed_size() * static_cast<int64_t>(number_size) > second_cache ? 512 : 256;
  }

  const int enough_rows_;
  int last_, rows_owed_ = 0;  // steps [s, last_) owe their gradients, that many rows
};

}  // namespace sluice
