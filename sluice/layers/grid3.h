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
};

/// Scans x [T1,T2,B,I]: the second time within each step of the first. The input is projected to h
/// and m of the depth; each layer is the cell `grid3`, whose memory of the first time comes from
/// the step before. Tensors are called "projection.…" and "0.…", "1.…" by layer.
class Grid3 : public Composite {
 public:
  Grid3(const Grid3Options& options, Generator& generator);

  /// [T1,T2,B,2·H]: h and m of the depth. Throws Error "layer.shape"; rows are all as long.
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return 2 * options_.hidden_size; }

 private:
  Variable scan(Recurrent& layer, const Variable& depth) const;

  Grid3Options options_;
  Linear projection_;
  std::vector<std::unique_ptr<Recurrent>> layers_;
};

}  // namespace sluice
