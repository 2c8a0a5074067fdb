#include "sluice/engine/segment_plan.h"

#include <algorithm>

#include "sluice/engine/weight_rhythm.h"

namespace sluice {

SegmentPlan::SegmentPlan(const CellLayout& layout, const RowPlan& plan, size_t number_size,
                         int wanted)
    : most_((plan.steps() + wanted - 1) / wanted),
      counts_(plan.slices()),
      begins_(static_cast<size_t>(plan.slices()) * (most_ + 1)) {
  for (int slice = 0; slice < plan.slices(); ++slice) {
    const int* const active = plan.active(slice);
    WeightRhythm rhythm(layout, number_size, plan.steps());
    int* const begins = begins_.data() + slice * (most_ + 1);
    int& count = counts_[slice];
    begins[0] = plan.steps();
    for (int s = plan.steps() - 1; s >= 0; --s) {
      if (!rhythm.due(s, active ? active[s] : plan.count(slice))) continue;
      rhythm.added(s);
      if (begins[count] - s < wanted && s > 0) continue;
      longest_ = std::max(longest_, begins[count] - s);
      begins[++count] = s;
    }
    std::reverse(begins, begins + count + 1);
  }
}

}  // namespace sluice
