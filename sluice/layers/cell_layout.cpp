#include "sluice/layers/cell_layout.h"

#include "sluice/base/error.h"

namespace sluice {

namespace {

Columns find_columns(const CellInfo& info, int reads, int widest) {
  Columns found;
  for (int k = 0; k < static_cast<int>(info.gates.size()); ++k) {
    if ((info.gates[k].reads & reads) == 0) continue;
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

CellLayout::CellLayout(const Cell& c, int input, int hidden, int n, int widest)
    : cell(&c),
      input_size(input),
      hidden_size(hidden),
      lanes(n),
      groups((hidden + n - 1) / n),
      padded(groups * n),
      tail(hidden % n),
      gates(static_cast<int>(c.info.gates.size())),
      slots(c.info.slots),
      states(static_cast<int>(c.info.states.size())),
      has_message(c.info.has_message),
      fused(false),
      hidden_blocks(balanced(groups, widest)),
      input_blocks(balanced((input + n - 1) / n, widest)) {
  for (int p = 0; p < 3; ++p) columns[p] = find_columns(c.info, 1 << p, widest);
  fused = columns[0].first == columns[1].first && columns[0].count == columns[1].count;
}

int64_t CellLayout::packed_size(Part p) const { return int64_t{padded} * part(p).count * depth(p); }

int64_t CellLayout::packed_size() const {
  return packed_size(Part::input) + packed_size(Part::hidden) + packed_size(Part::message);
}

int64_t CellLayout::transposed_size(Part p) const {
  const int64_t outputs = (depth(p) + lanes - 1) / lanes * lanes;
  return outputs * padded * part(p).count;
}

}  // namespace sluice
