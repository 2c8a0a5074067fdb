// The gradient of additive attention's scores.
#pragma once

#include <cstdint>

namespace sluice {

/// One row of the batch: scores[s] = Σ_a v[a] · curve[s][a] with curve = tanh(query + keys),
/// [S,A], and `grad` [S] that arrived for them.
template <class T>
struct AdditiveSlope {
  int64_t steps, width;
  const T *curve, *grad, *v;
  T* keys;       ///< [S,A]: gets grad · v · (1 − curve²); null where nobody asks
  bool add;      ///< to what is in `keys`
  T *query, *w;  ///< [A]: the sums over s of that, and of grad · curve
};

void additive_slope(const AdditiveSlope<float>& row);
void additive_slope(const AdditiveSlope<double>& row);

}  // namespace sluice
