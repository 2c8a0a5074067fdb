// A vector for each symbol.
#pragma once

#include <string>

#include "sluice/base/random.h"
#include "sluice/layers/composite.h"

namespace sluice {

struct EmbeddingOptions {
  int num_embeddings = 1;  ///< symbols, V: numbers from 0 to V − 1
  int embedding_dim = 1;   ///< size of a vector, E
  int padding_idx = -1;    ///< a symbol whose vector is zero and stays so; −1: none
  /// pytorch: N(0, 1); keras: U(±0.05).
  std::string initialization = "pytorch";
};

/// Symbols as numbers, [B,T] or [B,T,1], to vectors [B,T,E]; weight [V,E]. Padding of ragged rows
/// may hold anything and comes out as zeros.
class Embedding : public Composite {
 public:
  /// Throws Error "layer.size" for sizes out of range.
  Embedding(const EmbeddingOptions& options, Generator& generator);
  /// Throws Error "autograd.embedding" for a number that is no symbol.
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return options_.embedding_dim; }
  Variable& weight() { return weight_; }

 private:
  EmbeddingOptions options_;
  Variable weight_;
};

}  // namespace sluice
