#include "sluice/forecast/fold.h"

#include <algorithm>

namespace sluice {

std::vector<Fold> expanding_folds(int64_t rows, int count, int64_t horizon, int64_t least) {
  const int64_t begin = std::max(rows / 2, least);
  const int64_t room = rows - begin;
  count = static_cast<int>(std::clamp<int64_t>(room / std::max<int64_t>(horizon, 1), 0, count));
  std::vector<Fold> folds;
  for (int k = 0; k < count; ++k)
    folds.push_back({begin + room * k / count, begin + room * (k + 1) / count});
  return folds;
}

}  // namespace sluice
