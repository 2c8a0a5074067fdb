#include "sluice/engine/cell_layout.h"

#include <algorithm>

#include "sluice/base/error.h"

namespace sluice {

namespace {

/// Gates whose `reads` have the bit, side by side.
Columns find_columns(const CellInfo& info, const std::vector<int>& reads, int bit, int widest) {
  Columns found;
  for (int k = 0; k < static_cast<int>(reads.size()); ++k) {
    if ((reads[k] & bit) == 0) continue;
    if (found.count == 0) found.first = k;
    if (found.first + found.count != k)
      fail_config("cell.gates", "cell " + info.name,
                  "gates that read the same source must stand side by side",
                  "reorder gates[] in the cell's file");
    ++found.count;
  }
  found.panels = balanced(found.count, widest);
  return found;
}

}  // namespace

std::vector<int> balanced(int count, int widest) {
  std::vector<int> sizes;
  for (int first = 0; first < count; first += sizes.back())
    sizes.push_back(piece_of(first, count, widest).size);
  return sizes;
}

CellLayout::CellLayout(const Cell& c, int input, int hidden, int n, int widest,
                       const CellStructure& s, bool separate)
    : cell(&c),
      input_size(input),
      hidden_size(hidden),
      lanes(n),
      groups((hidden + n - 1) / n),
      padded(groups * n),
      tail(hidden % n),
      gates(static_cast<int>(c.info.gates.size())),
      slots(c.info.slots),
      record(c.info.record),
      states(static_cast<int>(c.info.states.size())),
      below(c.info.below),
      units(static_cast<int>(c.info.units.size())),
      messages(static_cast<int>(c.info.messages.size())),
      structure(s),
      separate_gates(separate),
      fused(false),
      out(s.projection > 0 ? s.projection : hidden),
      out_padded((out + n - 1) / n * n),
      normed(0),
      values(states + static_cast<int>(c.info.outputs.size())),
      gives(c.info.gives),
      hidden_blocks(balanced(out_padded / n, widest)),
      input_blocks(balanced((input + n - 1) / n, widest)),
      unit_blocks(balanced(groups, widest)) {
  std::vector<int> all;
  for (int k = 0; k < gates; ++k) {
    all.push_back(reads(k));
    if (all[k] & reads_raw) raw_gates.push_back(k);
  }
  for (const NormInfo& norm : c.info.norms) {
    first_normed.push_back(normed);
    normed += norm.count;
  }
  for (int p = 0; p < parts(); ++p)
    columns[p] = find_columns(c.info, all, 1 << p, separate ? 1 : widest);
  for (int p = 1; p < parts(); ++p) copies_before_[p + 1] = copies_before_[p] + columns[p].count;
  fused = columns[0].first == columns[1].first && columns[0].count == columns[1].count;
  const int modules = static_cast<int>(s.periods.size());
  for (int u = 0; modules > 0 && u < hidden; ++u)
    periods.push_back(s.periods[static_cast<size_t>(u) * modules / hidden]);
  for (int g = 0; !dense() && g < groups; ++g) ranges_.push_back(find_range(g));
  find_matrices();
}

bool CellLayout::is_normed(int gate) const {
  const auto& norms = cell->info.norms;
  return std::any_of(norms.begin(), norms.end(), [&](const NormInfo& norm) {
    return !norm.of_message && gate >= norm.first && gate < norm.first + norm.count;
  });
}

bool CellLayout::all_normed() const {
  for (int gate = 0; gate < gates; ++gate)
    if (!is_normed(gate)) return false;
  return true;
}

bool CellLayout::keeps_messages() const {
  return cell->info.message_needed ||
         std::any_of(columns + index_of(Part::message), columns + parts(),
                     [](const Columns& part) { return part.count > 0; });
}

bool CellLayout::narrow() const {
  return std::any_of(columns, columns + parts(), [](const Columns& part) {
    return std::find(part.panels.begin(), part.panels.end(), 1) != part.panels.end();
  });
}

bool CellLayout::gives_value(int k) const {
  return std::find(gives.begin(), gives.end(), k) != gives.end();
}

bool CellLayout::connected(int unit, int other) const {
  if (!periods.empty() && periods[other] < periods[unit]) return false;
  const int each = hidden_size / structure.heads;
  return structure.heads == 1 || unit / each == other / each;
}

int64_t CellLayout::ruled_out() const {
  int64_t count = 0;
  for (int u = 0; !periods.empty() && u < hidden_size; ++u)
    for (int k = 0; k < hidden_size; ++k)
      if (!connected(u, k)) count += part(Part::hidden).count;
  return count;
}

CellLayout::Range CellLayout::find_range(int group) const {
  Range found = {hidden_size, 0};
  for (int u = group * lanes; u < std::min((group + 1) * lanes, hidden_size); ++u)
    for (int k = 0; k < hidden_size; ++k)
      if (connected(u, k)) found = {std::min(found.first, k), std::max(found.last, k + 1)};
  return found;
}

bool CellLayout::ticks(int unit, int s) const {
  return unit < hidden_size && (s + structure.first_step) % periods[unit] == 0;
}

bool CellLayout::moves(int group, int s) const {
  if (periods.empty()) return true;
  const int first = group * lanes, last = std::min(first + lanes, hidden_size);
  for (int u = first; u < last; ++u)
    if ((u == first || periods[u] != periods[u - 1]) && ticks(u, s)) return true;
  return false;
}

/// As declared, but that a raw input of another size than the units passes a matrix.
int CellLayout::reads(int gate) const {
  const int declared = cell->info.gates[gate].reads;
  const bool passes = (declared & reads_raw) != 0 && input_size != hidden_size;
  return passes ? (declared & ~reads_raw) | reads_input : declared;
}

/// Rows of the declaration that a part's gates stand in.
std::vector<int> CellLayout::rows_of(int p) const {
  std::vector<int> rows;
  for (int k = columns[p].first; k < columns[p].first + columns[p].count; ++k)
    rows.push_back(cell->info.gates[k].row);
  return rows;
}

/// The part whose weights a tied message passes through: the same rows are the same panels.
int CellLayout::tied_to(int p) const {
  for (int other = index_of(Part::hidden); other < p; ++other)
    if (rows_of(other) == rows_of(p)) return other;
  fail_config("cell.gates", "cell " + cell->info.name,
              "the gates of a tied message stand in rows that no other source before it has",
              "give them the rows of the gates whose weights they share, in the same order");
}

/// The input's matrix; the recurrent one, with the hidden state's and the messages' gates; and one
/// of its own for a message whose gates have their place there taken and are not tied to it.
void CellLayout::find_matrices() {
  matrices = {{"weight_ih", input_size, {}}, {"weight_hh", out / structure.heads, {}}};
  for (int p = 0; p < parts(); ++p) {
    weights_of_[p] = cell->info.tied & 1 << p ? tied_to(p) : p;
    if (tied(part_at(p))) {
      matrix_of_[p] = matrix_of_[weights_of_[p]];
      continue;
    }
    const std::vector<int> rows = rows_of(p);
    int found = std::min(p, 1);
    const NeutralMatrix& usual = matrices[found];
    if (std::any_of(rows.begin(), rows.end(), [&](int row) { return usual.block_of(row) >= 0; })) {
      found = static_cast<int>(matrices.size());
      matrices.push_back(
          {"weight_from_" + cell->info.messages[message_of(part_at(p))], hidden_size, {}});
    }
    matrix_of_[p] = found;
    auto& all = matrices[found].rows;
    all.insert(all.end(), rows.begin(), rows.end());
    std::sort(all.begin(), all.end());
  }
}

int NeutralMatrix::block_of(int row) const {
  const auto at = std::find(rows.begin(), rows.end(), row);
  return at == rows.end() ? -1 : static_cast<int>(at - rows.begin());
}

bool CellLayout::has_bias(int gate, bool input_side) const {
  const auto& all = cell->info.gates;
  const int reads = all[gate].reads, row = all[gate].row;
  if (!all[gate].biased || (reads & cell->info.tied) != 0) return false;
  const auto some = [&](int bits) {
    return std::any_of(all.begin(), all.end(), [&](const GateInfo& other) {
      return other.row == row && (other.reads & bits) != 0;
    });
  };
  const bool reads_x = (reads & (reads_input | reads_raw)) != 0;
  const bool first = reads_x || !some(reads_input | reads_raw);  // of the row's halves
  if (input_side || some(cell->info.tied)) return first;
  return (reads & reads_recurrent) != 0;
}

std::vector<int> CellLayout::bias_rows(bool input_side) const {
  std::vector<int> rows;
  for (int k = 0; k < gates; ++k)
    if (has_bias(k, input_side)) rows.push_back(cell->info.gates[k].row);
  std::sort(rows.begin(), rows.end());
  return rows;
}

int64_t CellLayout::packed_size(Part p) const { return int64_t{padded} * part(p).count * depth(p); }

int64_t CellLayout::packed_offset(Part p) const {
  int64_t before = 0;
  for (int k = 0; k < index_of(weights_of(p)); ++k)
    if (!tied(part_at(k))) before += packed_size(part_at(k));
  return before;
}

int64_t CellLayout::packed_size() const {
  int64_t all = 0;
  for (int p = 0; p < parts(); ++p)
    if (!tied(part_at(p))) all += packed_size(part_at(p));
  return all;
}

int64_t CellLayout::transposed_size(Part p) const {
  const int64_t outputs = (depth(p) + lanes - 1) / lanes * lanes;
  return outputs * padded * part(p).count;
}

}  // namespace sluice
