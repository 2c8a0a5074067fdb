#include "sluice/tensor/patches.h"

#include <algorithm>

namespace sluice {

namespace {

// Calls step(place in the image or −1) for every tap of every window, in the order of the patches.
template <class Step>
void for_taps(const PatchGrid& grid, Step&& step) {
  const WindowAxis &rows = grid.rows, &columns = grid.columns;
  for (int64_t i = 0; i < rows.count(); ++i)
    for (int64_t j = 0; j < columns.count(); ++j)
      for (int64_t p = 0; p < rows.kernel; ++p)
        for (int64_t q = 0; q < columns.kernel; ++q) {
          const int64_t r = i * rows.stride - rows.before + p * rows.dilation;
          const int64_t c = j * columns.stride - columns.before + q * columns.dilation;
          const bool inside = r >= 0 && r < rows.size && c >= 0 && c < columns.size;
          step(inside ? (r * columns.size + c) * grid.channels + grid.first : -1);
        }
}

}  // namespace

template <class T>
void gather_patches(const PatchGrid& grid, const T* image, T* patches) {
  for_taps(grid, [&](int64_t from) {
    patches = from < 0 ? std::fill_n(patches, grid.width, T{0})
                       : std::copy_n(image + from, grid.width, patches);
  });
}

template <class T>
void add_patches(const PatchGrid& grid, const T* patches, T* image) {
  for_taps(grid, [&](int64_t to) {
    for (int64_t c = 0; to >= 0 && c < grid.width; ++c) image[to + c] += patches[c];
    patches += grid.width;
  });
}

template void gather_patches(const PatchGrid&, const float*, float*);
template void gather_patches(const PatchGrid&, const double*, double*);
template void add_patches(const PatchGrid&, const float*, float*);
template void add_patches(const PatchGrid&, const double*, double*);

}  // namespace sluice
