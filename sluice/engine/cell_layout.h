// How a cell's weights lie in memory: in panels that the products read in order, with the gates of
// the same units side by side. Files and PyTorch see the neutral matrices [rows·H, K].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/engine/cell_kernel.h"
#include "sluice/tensor/panel.h"

namespace sluice {

/// What a block of weights multiplies: the input, the old hidden state, a message (the first of
/// them; see message_part()).
enum class Part { input = 0, hidden = 1, message = 2 };
constexpr int max_parts = 2 + max_messages;
constexpr Part part_at(int index) { return static_cast<Part>(index); }
constexpr int index_of(Part part) { return static_cast<int>(part); }
constexpr Part message_part(int message) { return part_at(index_of(Part::message) + message); }
constexpr int message_of(Part part) { return index_of(part) - index_of(Part::message); }

/// Gate columns [first, first + count) that read the same part, cut into panels.
struct Columns {
  int first = 0, count = 0;
  std::vector<int> panels;  ///< vectors of each panel; their sum is count
};

/// Which units of the hidden state a unit reads, and when it moves.
struct CellStructure {
  int heads = 1;             ///< blocks of units, each of which reads itself alone
  std::vector<int> periods;  ///< a clock for each of as many modules of units; empty: none
  int first_step = 0;        ///< the number that a clock counts a row's first step as
  int projection = 0;        ///< units of h, made of the cell's by a matrix; 0: h is the cell's
};

/// A matrix of files: blocks of H rows, in the order of GateSpec::row.
struct NeutralMatrix {
  std::string name;  ///< "weight_ih"
  int columns;
  std::vector<int> rows;  ///< which rows of the cell's declaration it has
  int block_of(int row) const;
};

/// One direction of one layer: sizes for one cell, hidden size, input size and instruction set.
/// Unit u is lane u % lanes of group u / lanes; lanes past the last unit hold zeros.
struct CellLayout {
  /// Throws Error "cell.gates" if gates that read the same part do not stand side by side.
  CellLayout(const Cell& cell, int input_size, int hidden_size, int lanes, int widest_panel,
             const CellStructure& structure = {}, bool separate_gates = false);

  const Cell* cell;
  int input_size, hidden_size;  ///< input_size: of what its matrix multiplies, without memories
  int lanes, groups, padded;    ///< padded = groups * lanes
  int tail;                     ///< units of the last group where they do not fill it, else 0
  int gates, slots, record, states, below, units, messages;
  CellStructure structure;
  bool separate_gates;  ///< every gate is a panel, so that each can read a copy of its own
  bool fused;           ///< input and hidden state enter the same chains, panel by panel
  /// Units of h, and their number in whole vectors: the cell's own unless a projection makes h.
  int out, out_padded;
  std::vector<int> raw_gates;     ///< whose chains start from a unit's own number of the input
  bool keeps_messages() const;    ///< of every step, for the way back
  std::vector<int> first_normed;  ///< of each norm, its first vector among those of all norms
  int normed;                     ///< vectors of a unit's row that are normalised
  bool is_normed(int gate) const;
  bool all_normed() const;  ///< every gate: their biases have the gradients of the norms' shifts
  int64_t affine_size() const { return int64_t{groups} * normed * 2 * lanes; }
  int values;              ///< states and outputs
  std::vector<int> gives;  ///< values that the direction's output consists of, H columns each
  bool gives_h() const { return gives.size() == 1 && gives[0] == 0; }
  bool gives_value(int k) const;
  Columns columns[max_parts];

  /// Units that a unit of group g reads of the hidden state: [first, last).
  struct Range {
    int first, last;
  };
  Range reads_units(int group) const { return ranges_.empty() ? Range{0, out} : ranges_[group]; }
  /// Whether a unit reads another's hidden state, as heads and clocks allow.
  bool connected(int unit, int other) const;
  /// Recurrent weights that stand in the matrix of files and connect nothing, because of clocks.
  int64_t ruled_out() const;
  bool dense() const { return structure.heads == 1 && periods.empty(); }
  bool projects() const { return structure.projection > 0; }
  int64_t projection_size() const { return projects() ? int64_t{out_padded} * hidden_size : 0; }
  /// Of each unit, where there are clocks: whether it moves at a row's own step s, and whether a
  /// unit of a group does.
  std::vector<int> periods;
  bool ticks(int unit, int s) const;
  bool moves(int group, int s) const;

  /// Whether a gate reads x.
  bool takes_input(int gate) const { return (reads(gate) & (reads_input | reads_raw)) != 0; }
  /// Where each gate reads a copy of its own: the number of that copy, of x's by gate, of those of
  /// h and messages part by part; and how many the latter are.
  int copy_of(Part p, int gate) const {
    return p == Part::input ? gate : copies_before_[index_of(p)] + gate - part(p).first;
  }
  int recurrent_copies() const { return copies_before_[parts()]; }

  int parts() const { return 2 + messages; }
  const Columns& part(Part p) const { return columns[index_of(p)]; }
  int depth(Part p) const {
    return p == Part::input ? input_size : p == Part::hidden ? out : hidden_size;
  }
  /// Numbers in the packed weights of a part: [group][panel][depth][vectors][lanes].
  int64_t packed_size(Part p) const;
  int64_t packed_size() const;
  /// The part whose packed weights a part multiplies: its own, or for a tied message another's.
  Part weights_of(Part p) const { return part_at(weights_of_[index_of(p)]); }
  bool tied(Part p) const { return weights_of(p) != p; }
  /// Where a part's weights begin in the packed weights of all.
  int64_t packed_offset(Part p) const;
  /// Numbers in a packed bias: [group][gate][lanes].
  int64_t bias_size() const { return int64_t{groups} * gates * lanes; }
  /// Numbers in the packed per-unit parameters: [group][parameter][lanes].
  int64_t unit_size() const { return int64_t{groups} * units * lanes; }

  /// The matrices of files, and the one that a part stands in.
  std::vector<NeutralMatrix> matrices;
  const NeutralMatrix& matrix(Part p) const { return matrices[matrix_of_[index_of(p)]]; }
  /// Rows of the declaration with a bias on the input's side, or on the recurrent side.
  std::vector<int> bias_rows(bool input_side) const;
  /// Whether a gate has a bias on that side; one that reads no input has its own on both. Where a
  /// row's weights serve twice, both biases stand in the half that both uses add.
  bool has_bias(int gate, bool input_side) const;

  /// Outputs of the transposed product, in blocks of vectors that stand in one panel.
  std::vector<int> hidden_blocks, input_blocks;
  std::vector<int> unit_blocks;  ///< of the cell's own units, by which threads share them
  /// Whether some panel is but a vector wide, so that groups of a block are better multiplied side
  /// by side.
  bool narrow() const;
  const std::vector<int>& blocks(Part p) const {
    return p == Part::input ? input_blocks : hidden_blocks;
  }
  /// Numbers in the transposed copy: [block][group][column][lane][vectors][lanes].
  int64_t transposed_size(Part p) const;

 private:
  void find_matrices();
  std::vector<int> rows_of(int p) const;
  int tied_to(int p) const;
  int reads(int gate) const;
  Range find_range(int group) const;
  std::vector<Range> ranges_;  // none where every unit reads all
  int matrix_of_[max_parts] = {};
  int weights_of_[max_parts] = {};
  int copies_before_[max_parts + 1] = {};
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
