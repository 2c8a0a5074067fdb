#include "sluice/tensor/patches.h"

#include <algorithm>

namespace sluice {

namespace {

// The taps [begin, end) of a window's axis that lie inside; `start` is the place of tap 0.
struct Taps {
  int64_t begin, end;

  Taps(const WindowAxis& axis, int64_t start) : begin(0), end(axis.kernel) {
    if (start >= 0 && start + axis.span() <= axis.size) return;
    const auto first_at = [&](int64_t place) {
      const int64_t distance = place - start + axis.dilation - 1;
      return distance <= 0 ? 0 : std::min(distance / axis.dilation, axis.kernel);
    };
    begin = first_at(0);
    end = first_at(axis.size);
  }
};

// Calls run(place in the image or −1, numbers) for the runs that patches consist of, in their
// order: as many taps at once as stand beside each other in the image.
template <class Run>
void for_runs(const PatchGrid& grid, const Run& run) {
  const WindowAxis &rows = grid.rows, &columns = grid.columns;
  const int64_t width = grid.width, line = columns.kernel * width;
  const bool beside = columns.dilation == 1 && width == grid.channels;
  const auto row_of_taps = [&](int64_t r, int64_t c, const Taps& inside) {
    const int64_t first = (r * columns.size + c) * grid.channels + grid.first;
    if (inside.begin > 0) run(-1, inside.begin * width);
    if (beside && inside.begin < inside.end)
      run(first + inside.begin * width, (inside.end - inside.begin) * width);
    for (int64_t q = inside.begin; !beside && q < inside.end; ++q)
      run(first + q * columns.dilation * grid.channels, width);
    if (inside.end < columns.kernel) run(-1, (columns.kernel - inside.end) * width);
  };
  for (int64_t i = 0; i < rows.count(); ++i)
    for (int64_t j = 0; j < columns.count(); ++j) {
      const int64_t c = j * columns.stride - columns.before;
      const Taps inside(columns, c);
      for (int64_t p = 0; p < rows.kernel; ++p) {
        const int64_t r = i * rows.stride - rows.before + p * rows.dilation;
        if (r >= 0 && r < rows.size)
          row_of_taps(r, c, inside);
        else
          run(-1, line);
      }
    }
}

}  // namespace

template <class T>
void gather_patches(const PatchGrid& grid, const T* image, T* patches) {
  for_runs(grid, [&](int64_t from, int64_t count) {
    patches =
        from < 0 ? std::fill_n(patches, count, T{0}) : std::copy_n(image + from, count, patches);
  });
}

template <class T>
void add_patches(const PatchGrid& grid, const T* patches, T* image) {
  for_runs(grid, [&](int64_t to, int64_t count) {
    for (int64_t i = 0; to >= 0 && i < count; ++i) image[to + i] += patches[i];
    patches += count;
  });
}

template void gather_patches(const PatchGrid&, const float*, float*);
template void gather_patches(const PatchGrid&, const double*, double*);
template void add_patches(const PatchGrid&, const float*, float*);
template void add_patches(const PatchGrid&, const double*, double*);

}  // namespace sluice
