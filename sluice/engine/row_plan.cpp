#include "sluice/engine/row_plan.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "sluice/base/error.h"

namespace sluice {

namespace {

void check(int steps, int batch, const Padding& padding) {
  const std::vector<int>& lengths = padding.lengths;
  if (static_cast<int>(lengths.size()) != batch)
    fail_config("layer.lengths", "lengths",
                "there are " + std::to_string(lengths.size()) + " lengths for a batch of " +
                    std::to_string(batch) + " rows",
                "give one length a row");
  for (int b = 0; b < batch; ++b)
    if (lengths[b] < 1 || lengths[b] > steps)
      fail_config("layer.lengths", "lengths",
                  "row " + std::to_string(b) + " has length " + std::to_string(lengths[b]) +
                      ", the batch has " + std::to_string(steps) + " steps",
                  "a length is between 1 and the number of steps");
  if (!padding.real.empty() && padding.real.size() != static_cast<size_t>(batch) * steps)
    fail_config("layer.mask", "mask",
                "there are " + std::to_string(padding.real.size()) + " marks for a batch of " +
                    std::to_string(batch) + " rows of " + std::to_string(steps) + " steps",
                "give one mark for each step of each row");
}

}  // namespace

RowPlan::RowPlan(int steps, int batch, int slices, const Padding& padding)
    : steps_(steps), batch_(batch), slices_(slices), left_(padding.left) {
  const std::vector<int>& lengths = padding.lengths;
  if (lengths.empty()) return;
  check(steps, batch, padding);
  PoolArray<int> sorted(batch);
  std::iota(sorted.begin(), sorted.end(), 0);
  // Equal lengths stay in the order of the batch: the plan must not depend on the sort.
  std::sort(sorted.begin(), sorted.end(), [&](int a, int b) {
    return lengths[a] != lengths[b] ? lengths[a] > lengths[b] : a < b;
  });
  row_ = PoolArray<int>(batch);
  length_ = PoolArray<int>(batch);
  active_ = PoolArray<int>(static_cast<size_t>(slices) * steps);
  constexpr int together = 8;
  const int* next = sorted.data();
  for (int first = 0; next < sorted.data() + batch; first += together)
    for (int i = 0; i < slices; ++i) {
      const int slice = first / together % 2 == 0 ? i : slices - 1 - i;
      const int last = std::min(first + together, count(slice));
      int* const active = active_.data() + static_cast<ptrdiff_t>(slice) * steps;
      for (int p = begin(slice) + first; p < begin(slice) + last; ++p, ++next) {
        row_[p] = *next;
        length_[p] = lengths[*next];
        for (int s = 0; s < length_[p]; ++s) ++active[s];
      }
    }
  if (padding.real.empty()) return;
  times_ = PoolArray<int>(static_cast<size_t>(batch) * steps);
  for (int p = 0; p < batch; ++p) {
    int* own = times_.data() + static_cast<ptrdiff_t>(p) * steps;
    const uint8_t* real = padding.real.data() + static_cast<ptrdiff_t>(row_[p]) * steps;
    for (int t = 0; t < steps; ++t)
      if (real[t]) *own++ = t;
  }
}

int RowPlan::begin(int slice) const {
  const int each = batch_ / slices_, more = batch_ % slices_;
  return slice * each + std::min(slice, more);
}

}  // namespace sluice
