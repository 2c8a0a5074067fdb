// DRAW: a picture painted stroke by stroke by two recurrent networks (Gregor et al. 2015).
#pragma once

#include <vector>

#include "experiments/gaussian.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"

namespace sluice::experiment {

struct DrawOptions {
  int rows = 28, columns = 28;
  int glimpses = 10;
  int hidden_size = 128, latent_size = 10;
  /// Whether it reads and writes patches through a grid of Gaussian filters, or the whole picture.
  bool attention = true;
  int read_size = 5, write_size = 5;  ///< filters along one side of the grid
};

/// What pictures cost in nats, [B]. Their sum is an upper bound on −log p(x), in the mean over
/// draws.
struct DrawCosts {
  Variable reconstruction;  ///< −log p(x | the canvas after the last glimpse)
  Variable divergence;      ///< of the latent variables of all glimpses from N(0, 1)
};

/// With the canvas c starting from 0, every glimpse is
///   x̂ = x − σ(c), h_enc = LSTM([read(x, h_dec), read(x̂, h_dec), h_dec]),
///   z ~ N(μ(h_enc), σ(h_enc)), h_dec = LSTM(z), c += write(h_dec).
/// Of h_dec linear layers give the grids' centre, distance, width and strength (paper, equations 19
/// to 29): filter i of N stands at g + (i − N/2 − ½) δ, its weights fall off with its distance as a
/// Gaussian does and sum to 1. Pixels are yes-or-no answers with logits c.
class DrawModel : public Composite {
 public:
  DrawModel(const DrawOptions& options, Generator& generator);

  /// Pictures x [B,rows,columns] of zeros and ones.
  DrawCosts costs(const Variable& x, Generator& noise);
  /// What it paints from latent variables of N(0, 1): after every glimpse, how sure it is that a
  /// pixel is one, [count,rows,columns].
  std::vector<Tensor> paint(int count, Generator& noise);
  /// The pictures x as it paints them again, with latent variables at their means.
  Variable forward(const Variable& x, const Padding& padding = {}) override;

 private:
  /// Filters over the rows [B,N,rows] and the columns [B,N,columns], and their strength [B].
  struct Grid {
    Variable over_rows, over_columns, strength;
  };
  struct State;

  Grid grid_of(const Variable& parameters, int size) const;
  Variable filters(const Variable& centre, const Variable& distance, const Variable& variance,
                   int size, int places) const;
  Variable read(const Variable& x, const State& state);
  Variable write(const Variable& h);
  Gaussian look(const Variable& x, State& state);
  void stroke(const Variable& z, State& state);
  State blank(int64_t batch, DType dtype) const;

  DrawOptions options_;
  Recurrent encoder_, decoder_;
  Linear guess_, write_, reading_, writing_;
};

}  // namespace sluice::experiment
