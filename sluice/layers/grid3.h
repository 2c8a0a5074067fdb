// Grid LSTM over two times and depth (Kalchbrenner et al. 2015).
#pragma once

#include <memory>
#include <vector>

#include "sluice/layers/composite.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

struct Grid3Options {
  int input_size = 1, hidden_size = 1, num_layers = 1;
  int biases = 2;
  bool tied = false;      ///< the three dimensions have the same weights
  bool priority = false;  ///< depth comes last, with the new h of both times
};

/// Scans x [T1,T2,B,I]: the second time within each step of the first. The input is projected to h
/// and m of the depth; each layer is the cell `grid3` or `grid3_tied`, whose memory of the first
/// time comes from the step before; or, where depth has priority, the cells `grid3_times` and
/// `grid1`. Tensors are called "projection.…" and "0.…", "1.…" by layer, "0_depth.…" of `grid1`.
class Grid3 : public Composite {
 public:
  /// Throws Error "layer.combination" for both tied weights and a priority.
  Grid3(const Grid3Options& options, Generator& generator);

  /// [T1,T2,B,2·H]: h and m of the depth. Throws Error "layer.shape"; rows are all as long.
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return 2 * options_.hidden_size; }

 private:
  /// A layer of the grid: one block, or the times' and then depth's.
  struct Layer {
    std::unique_ptr<Recurrent> block, depth;
  };
  Variable scan(Layer& layer, const Variable& depth) const;
  Variable part(const Variable& all, int index) const;

  Grid3Options options_;
  Linear projection_;
  std::vector<Layer> layers_;
};

}  // namespace sluice
