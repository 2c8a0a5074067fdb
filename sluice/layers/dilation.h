// A recurrence over every d-th step, folded into one over every step of d times the rows.
#pragma once

#include <vector>

#include "sluice/layers/own_steps.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

/// With dilation d the state follows that of d steps before. A row's own steps r, r + d, r + 2d, …
/// are then a sequence of their own, a chain; the chains of all rows are the batch of an ordinary
/// layer. A row of fewer than d steps has fewer chains.
///
/// The layer's state is that after the last d steps of a row, the oldest first, [D·d,B,H] with the
/// directions outermost: a sequence cut anywhere goes on as if it were whole.
class Dilation {
 public:
  Dilation(const OwnSteps& steps, int dilation, DirectionOf direction);

  /// The chains [T',R,F] of a sequence; what their rows' ends leave over is padding.
  Variable fold(const Variable& x) const;
  Padding padding() const;
  /// The way back, with zeros in the padding.
  Variable unfold(const Variable& y) const;

  /// [D·d,B,H] -> [D,R,H]: what each chain starts from.
  Variable fold_state(const Variable& state) const;
  /// [D,R,H] -> [D·d,B,H]. Of rows of fewer than d steps some of the state they started from
  /// (which may be undefined: zeros) is still there.
  Variable unfold_state(const Variable& last, const Variable& first) const;

 private:
  struct Chain {
    int row, residue, length;
  };
  int directions() const { return direction_ == DirectionOf::both ? 2 : 1; }
  bool reverse(int k) const { return direction_ == DirectionOf::reverse || k == 1; }

  const OwnSteps& steps_;
  int dilation_;
  DirectionOf direction_;
  std::vector<Chain> chains_;
  std::vector<int> first_chain_;  // of each row
  int longest_ = 0, shortest_row_;
};

}  // namespace sluice
