#include "sluice/tensor/convolve_line.h"

#include <algorithm>

#include "sluice/tensor/chunk.h"
#include "sluice/tensor/packing.h"
#include "sluice/tensor/pool_array.h"
#include "sluice/tensor/transpose.h"

namespace sluice {

namespace {

// Windows of one image that share a pass over the weights.
struct Piece {
  int64_t image, first, windows;
};

// Sixteen pieces at least where threads share them, if they stay long enough for the tiles.
int64_t pieces_of_image(const Convolution& plan) {
  const int64_t windows = plan.grid.windows(), all = plan.images * windows;
  const bool shared = plan.work() >= least_parallel_products;
  const int64_t most = shared ? std::clamp<int64_t>(all / 16, 64, 512) : 512;
  return (windows + most - 1) / most;
}

Piece piece_of(const Convolution& plan, int64_t i) {
  const int64_t pieces = pieces_of_image(plan);
  const Range part = part_of(plan.grid.windows(), i % pieces, pieces);
  return {i / pieces, part.begin, part.size};
}

// The places that a piece's windows see, zeros where they reach over the image's edge.
template <class T>
PoolArray<T> strip_of(const Convolution& plan, const Piece& piece, const T* x) {
  const WindowAxis& axis = plan.grid.columns;
  const int64_t channels = plan.grid.channels;
  const T* const image = x + piece.image * plan.grid.image_size();
  const int64_t begin = piece.first * axis.stride - axis.before;
  const int64_t places = (piece.windows - 1) * axis.stride + axis.span();
  const int64_t from = std::clamp<int64_t>(begin, 0, axis.size);
  const int64_t to = std::clamp<int64_t>(begin + places, from, axis.size);
  auto strip = PoolArray<T>::uninitialized(places * channels);
  T* at = std::fill_n(strip.data(), std::min(places, from - begin) * channels, T{0});
  at = std::copy_n(image + from * channels, (to - from) * channels, at);
  std::fill(at, strip.data() + strip.size(), T{0});
  return strip;
}

// What a window sees as runs of numbers that stand beside each other: `size` of them, from
// `first + i · step`.
struct Runs {
  int64_t first, step, size, count;

  Runs(const PatchGrid& grid, int64_t group) {
    const WindowAxis& axis = grid.columns;
    const bool one = axis.dilation == 1 && grid.width == grid.channels;
    first = group * grid.width;
    step = axis.dilation * grid.channels;
    count = one ? 1 : axis.kernel;
    size = one ? grid.patch_size() : grid.width;
  }
};

template <class T>
void multiply_windows(const Convolution& plan, const PanelCut<T>& cut, const T* strip, int rows,
                      const T* packed, const ProductRows<T>& y) {
  const int64_t size = plan.grid.patch_size();
  const ptrdiff_t stride = plan.grid.columns.stride * plan.grid.channels;
  for (int64_t group = 0; group < plan.groups; ++group) {
    const Runs runs(plan.grid, group);
    auto segments = PoolArray<Segment<T>>(runs.count);
    const int64_t n = plan.group_outputs();
    for (int64_t panel = 0; panel < cut.count(); ++panel) {
      const int64_t width = cut.width(panel);
      for (int64_t i = 0; i < runs.count; ++i)
        segments[i] = {strip + runs.first + i * runs.step, stride, packed + i * runs.size * width,
                       runs.size};
      cut.multiply(
          panel, segments.data(), static_cast<int>(runs.count), rows,
          {y.c + group * n, y.stride, y.accumulate, y.start ? y.start + group * n : nullptr});
      packed += size * width;
    }
  }
}

// Panels one behind the other, group after group.
template <class T>
PoolArray<T> pack(const Convolution& plan, const PanelCut<T>& cut, const T* matrix) {
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size(), panels = cut.count();
  const int64_t whole = ((panels - 1) * cut.widest() + cut.width(panels - 1)) * size;
  auto packed = PoolArray<T>::uninitialized(plan.groups * whole);
  T* const to = packed.data();
  for_pieces(plan.groups * panels, plan.work() >= least_parallel_products, [=, &cut](int64_t i) {
    const int64_t group = i / panels, panel = i % panels;
    cut.pack(panel, {matrix + group * size * n, n, Trans::no}, 0, size,
             to + group * whole + panel * cut.widest() * size);
  });
  return packed;
}

// Columns [first, first + real) of the patches of `windows` windows, `stride` apart, as a panel.
template <class T>
void pack_windows(const Runs& runs, const T* strip, int64_t windows, int64_t stride, int64_t first,
                  int64_t real, int64_t width, T* to) {
  for (int64_t t = 0; t < windows; ++t, to += width) {
    const T* const window = strip + t * stride + runs.first;
    for (int64_t done = 0; done < real;) {
      const int64_t run = (first + done) / runs.size, within = (first + done) % runs.size;
      const int64_t count = std::min(runs.size - within, real - done);
      std::copy_n(window + run * runs.step + within, count, to + done);
      done += count;
    }
    std::fill(to + real, to + width, T{0});
  }
}

}  // namespace

bool is_line(const Convolution& plan) {
  constexpr int64_t fewest = 32;
  return plan.grid.rows.size > 0 && plan.grid.rows.count() == 1 && plan.grid.rows.kernel == 1 &&
         plan.grid.rows.before == 0 && plan.grid.columns.count() >= fewest;
}

int64_t line_pieces(const Convolution& plan) { return plan.images * pieces_of_image(plan); }

template <class T>
void multiply_line(const Convolution& plan, const T* x, const T* matrix, const T* bias, T* y,
                   bool add) {
  const PanelCut<T> cut(plan.group_outputs());
  const PoolArray<T> packed = pack(plan, cut, matrix);
  for_pieces(line_pieces(plan), plan.work() >= least_parallel_products,
             [=, &plan, &cut, &packed](int64_t i) {
               const Piece piece = piece_of(plan, i);
               const PoolArray<T> strip = strip_of(plan, piece, x);
               T* const to = y + (piece.image * plan.grid.windows() + piece.first) * plan.outputs;
               multiply_windows(plan, cut, strip.data(), static_cast<int>(piece.windows),
                                packed.data(), {to, plan.outputs, add, bias});
             });
}

template <class T>
void line_to_weight(const Convolution& plan, int64_t piece, const T* x, const T* grad, T* dw,
                    bool add) {
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size();
  const int64_t stride = plan.grid.columns.stride * plan.grid.channels;
  const auto [image, begin, windows] = piece_of(plan, piece);
  const PoolArray<T> strip = strip_of(plan, piece_of(plan, piece), x);
  auto turned = PoolArray<T>::uninitialized(n * windows);
  const PanelCut<T> cut(size);
  auto packed = PoolArray<T>::uninitialized(windows * cut.width(0));
  const Segment<T> part{turned.data(), windows, packed.data(), windows};
  grad += (image * plan.grid.windows() + begin) * plan.outputs;
  for (int64_t group = 0; group < plan.groups; ++group) {
    transpose_block(grad + group * n, plan.outputs, windows, n, turned.data(), windows);
    for (int64_t panel = 0; panel < cut.count(); ++panel) {
      const int64_t first = panel * cut.widest(), width = cut.width(panel);
      pack_windows(Runs(plan.grid, group), strip.data(), windows, stride, first,
                   std::min(width, size - first), width, packed.data());
      cut.multiply(panel, &part, 1, static_cast<int>(n),
                   {dw + group * n * size, size, add, nullptr});
    }
  }
}

template void multiply_line(const Convolution&, const float*, const float*, const float*, float*,
                            bool);
template void multiply_line(const Convolution&, const double*, const double*, const double*,
                            double*, bool);
template void line_to_weight(const Convolution&, int64_t, const float*, const float*, float*, bool);
template void line_to_weight(const Convolution&, int64_t, const double*, const double*, double*,
                             bool);

}  // namespace sluice
