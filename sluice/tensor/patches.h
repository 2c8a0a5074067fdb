// The windows of a convolution or a pooling, and what they see laid out in rows.
#pragma once

#include <cstdint>

namespace sluice {

/// Windows along one axis of `size` places: each sees `kernel` of them, `dilation` apart; a window
/// begins every `stride` places, the first `before` places ahead of the axis.
struct WindowAxis {
  int64_t size = 1, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0;

  /// From a window's first place to its last, both counted.
  int64_t span() const { return dilation * (kernel - 1) + 1; }
  /// ⌊(size + before + after − span) / stride⌋ + 1, or 0 where no window fits.
  int64_t count() const {
    const int64_t room = size + before + after - span();
    return room < 0 ? 0 : room / stride + 1;
  }
};

/// Windows over images [rows, columns, channels], of which they see `width` channels from `first`.
struct PatchGrid {
  WindowAxis rows, columns;
  int64_t channels = 1, first = 0, width = 1;

  int64_t windows() const { return rows.count() * columns.count(); }
  int64_t patch_size() const { return rows.kernel * columns.kernel * width; }
  int64_t image_size() const { return rows.size * columns.size * channels; }
};

/// patches [windows, rows.kernel, columns.kernel, width] of one image; zeros where a window reaches
/// over the edge.
template <class T>
void gather_patches(const PatchGrid& grid, const T* image, T* patches);
/// The way back: adds every number of the patches to the place it came from, in their order.
template <class T>
void add_patches(const PatchGrid& grid, const T* patches, T* image);

}  // namespace sluice
