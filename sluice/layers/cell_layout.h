// How a cell's weights lie in memory: in panels that the products read in order, with the gates of
// the same units side by side. Files and PyTorch see the neutral matrices [rows·H, K].
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/layers/cell_kernel.h"
#include "sluice/tensor/panel.h"

namespace sluice {

/// What a block of weights multiplies: the input, the old hidden state, the message.
enum class Part { input = 0, hidden = 1, message = 2 };

/// Gate columns [first, first + count) that read the same part, cut into panels.
struct Columns {
  int first = 0, count = 0;
  std::vector<int> panels;  ///< vectors of each panel; their sum is count
};

/// One direction of one layer: sizes for one cell, hidden size, input size and instruction set.
/// Unit u is lane u % lanes of group u / lanes; lanes past the last unit hold zeros.
struct CellLayout {
  /// Throws Error "cell.gates" if gates that read the same part do not stand side by side.
  CellLayout(const Cell& cell, int input_size, int hidden_size, int lanes, int widest_panel);

  const Cell* cell;
  int input_size, hidden_size;
  int lanes, groups, padded;  ///< padded = groups * lanes
  int tail;                   ///< units of the last group where they do not fill it, else 0
  int gates, slots, states;
  bool has_message;
  bool fused;  ///< input and hidden state enter the same chains, panel by panel
  Columns columns[3];

  const Columns& part(Part p) const { return columns[static_cast<int>(p)]; }
  int depth(Part p) const { return p == Part::input ? input_size : hidden_size; }
  /// Numbers in the packed weights of a part: [group][panel][depth][vectors][lanes].
  int64_t packed_size(Part p) const;
  int64_t packed_size() const;
  /// Numbers in a packed bias: [group][gate][lanes].
  int64_t bias_size() const { return int64_t{groups} * gates * lanes; }

  /// Outputs of the transposed product, in blocks of vectors that stand in one panel.
  std::vector<int> hidden_blocks, input_blocks;
  const std::vector<int>& blocks(Part p) const {
    return p == Part::input ? input_blocks : hidden_blocks;
  }
  /// Numbers in the transposed copy: [block][group][column][lane][vectors][lanes].
  int64_t transposed_size(Part p) const;
};

/// Neighbouring vectors [first, first + size).
struct Piece {
  int first, size;
};
/// The piece with vector `item`, where `count` vectors are cut into as few and as equal pieces of
/// at most `widest` as can be, the larger ones first.
constexpr Piece piece_of(int item, int count, int widest) {
  Piece piece = {0, 0};
  for (int left = (count + widest - 1) / widest; left > 0; --left) {
    piece.size = (count - piece.first + left - 1) / left;
    if (item < piece.first + piece.size) break;
    piece.first += piece.size;
  }
  return piece;
}
/// The sizes of all pieces.
std::vector<int> balanced(int count, int widest);

}  // namespace sluice
