#include "sluice/report/decimate.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "sluice/report/text.h"

namespace sluice {

namespace {

// Marks the first gap, the smallest and the largest value of y in [begin, end).
void mark_extremes(const std::vector<double>& y, size_t begin, size_t end,
                   std::vector<bool>& kept) {
  size_t lowest = end, highest = end, missing = end;
  for (size_t i = begin; i < std::min(end, y.size()); ++i) {
    if (!std::isfinite(y[i])) {
      if (missing == end) missing = i;
      continue;
    }
    if (lowest == end || y[i] < y[lowest]) lowest = i;
    if (highest == end || y[i] > y[highest]) highest = i;
  }
  for (const size_t i : {lowest, highest, missing})
    if (i != end) kept[i] = true;
}

// Lines over the same x keep the same points, so that hovering shows all of them.
std::vector<bool> choose_points(const Chart& chart, const Line& like, size_t most_points) {
  const size_t count = like.y.size();
  std::vector<bool> kept(count, false);
  kept.front() = kept.back() = true;
  const size_t groups = std::max<size_t>(1, most_points / 2);
  for (const Line& line : chart.lines) {
    if (line.y.size() != count || line.x != like.x) continue;
    for (size_t group = 0; group < groups; ++group)
      mark_extremes(line.y, group * count / groups, (group + 1) * count / groups, kept);
  }
  return kept;
}

Line keep(const Line& line, const std::vector<bool>& kept) {
  Line shorter = line;
  shorter.x.clear(), shorter.y.clear();
  for (size_t i = 0; i < line.y.size(); ++i) {
    if (!kept[i]) continue;
    shorter.x.push_back(line.x.empty() ? static_cast<double>(i) : line.x[i]);
    shorter.y.push_back(line.y[i]);
  }
  return shorter;
}

}  // namespace

Chart decimate(const Chart& chart, size_t most_points) {
  size_t longest = 0;
  for (const Line& line : chart.lines) longest = std::max(longest, line.y.size());
  if (longest <= most_points) return chart;

  Chart result = chart;
  std::vector<bool> kept;
  const Line* kept_for = nullptr;
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    if (line.y.size() <= most_points) continue;
    if (!kept_for || kept_for->y.size() != line.y.size() || kept_for->x != line.x)
      kept = choose_points(chart, line, most_points), kept_for = &line;
    result.lines[i] = keep(line, kept);
  }
  std::set<double> places;
  for (const Line& line : result.lines) places.insert(line.x.begin(), line.x.end());
  std::erase_if(result.point_names, [&](const Tick& tick) { return !places.count(tick.x); });

  const size_t group = longest / (most_points / 2);
  result.caption += (result.caption.empty() ? "" : " ") + std::string("Of ") +
                    format_count(longest) + " points, the smallest and the largest of every " +
                    format_count(group) + " are drawn.";
  return result;
}

}  // namespace sluice
