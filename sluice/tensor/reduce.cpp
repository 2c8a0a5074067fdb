#include "sluice/tensor/reduce.h"

#include <algorithm>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/vector_math.h"

namespace sluice {

double sum_all(const Tensor& x) {
  return dispatch(x.dtype(), [&](auto zero) {
    const auto* const from = x.data<decltype(zero)>();
    return sum_chunks(x.numel(), [=](int64_t begin, int64_t end) {
      return sum_lanes(begin, end, [=](int64_t i) { return static_cast<double>(from[i]); });
    });
  });
}

double sum_squares(const Tensor& x) {
  return dispatch(x.dtype(), [&](auto zero) {
    const auto* const from = x.data<decltype(zero)>();
    return sum_chunks(x.numel(), [=](int64_t begin, int64_t end) {
      return sum_lanes(begin, end, [=](int64_t i) {
        const double value = from[i];
        return value * value;
      });
    });
  });
}

namespace {

constexpr int64_t widest_strip = 512;  // columns whose sums stay in the first cache

// Up to four strips where columns are few, for threads to share; none narrower than two lines.
int64_t strip_width(int64_t columns) {
  return std::clamp<int64_t>((columns + 63) / 64 * 16, 32, widest_strip);
}

template <class T>
void add_strip_sums(const T* x, int64_t rows, int64_t columns, int64_t first, int64_t width,
                    T* sums) {
  double total[widest_strip] = {};
  vector_add_to(total, x + first, rows, columns, width);
  for (int64_t j = 0; j < width; ++j) sums[first + j] += static_cast<T>(total[j]);
}

}  // namespace

void add_row_sums(Tensor& sums, const Tensor& x) {
  const int64_t columns = sums.numel();
  if (columns == 0 || x.numel() % columns != 0)
    fail_config("tensor.row_sums", "add_row_sums",
                x.shape().to_string() + " has no rows of " + std::to_string(columns) + " elements");
  if (columns == 1) {
    const double total = sum_all(x);
    dispatch(sums.dtype(), [&](auto zero) {
      using T = decltype(zero);
      *sums.data<T>() += static_cast<T>(total);
    });
    return;
  }
  dispatch(sums.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    T* const to = sums.data<T>();
    const int64_t rows = x.numel() / columns, strip = strip_width(columns);
    for_pieces((columns + strip - 1) / strip, x.numel() >= least_parallel, [=](int64_t i) {
      add_strip_sums(from, rows, columns, i * strip, std::min(strip, columns - i * strip), to);
    });
  });
}

}  // namespace sluice
