#include "sluice/tensor/softmax_rows.h"

#include <algorithm>
#include <limits>

#include "sluice/tensor/vector_math.h"

namespace sluice {

template <class T>
std::pair<T, double> exponentials(const T* x, T* y, int64_t size, T scale) {
  const T most = vector_most(x, size);
  vector_exp_below(x, y, size, most, scale);
  return {most, vector_sum(y, size)};
}

namespace {

// The row with what is not allowed far below everything else; false if nothing is allowed.
template <class T>
bool hide(const T* x, const float* allowed, T* y, int64_t size) {
  bool any = false;
  for (int64_t i = 0; i < size; ++i) {
    y[i] = allowed[i] != 0 ? x[i] : std::numeric_limits<T>::lowest();
    any = any || allowed[i] != 0;
  }
  return any;
}

}  // namespace

template <class T>
void softmax_row(const T* x, const float* allowed, T* y, int64_t size, T scale) {
  if (allowed && !hide(x, allowed, y, size)) {
    std::fill_n(y, size, T{0});
    return;
  }
  const double total = exponentials(allowed ? y : x, y, size, scale).second;
  vector_scale(y, y, size, static_cast<T>(1 / total));
  for (int64_t i = 0; allowed && i < size; ++i) y[i] = allowed[i] != 0 ? y[i] : T{0};
}

template <class T>
void softmax_row_gradient(const T* y, const T* grad, T* dx, int64_t size, T scale) {
  vector_slope(y, grad, dx, size, static_cast<T>(vector_dot(grad, y, size)), scale);
}

template std::pair<float, double> exponentials(const float*, float*, int64_t, float);
template std::pair<double, double> exponentials(const double*, double*, int64_t, double);
template void softmax_row(const float*, const float*, float*, int64_t, float);
template void softmax_row(const double*, const float*, double*, int64_t, double);
template void softmax_row_gradient(const float*, const float*, float*, int64_t, float);
template void softmax_row_gradient(const double*, const double*, double*, int64_t, double);

}  // namespace sluice
