#include "sluice/tensor/convolve.h"

#include <algorithm>

#include "sluice/tensor/chunk.h"
#include "sluice/tensor/convolve_line.h"
#include "sluice/tensor/gemm.h"
#include "sluice/tensor/pool_array.h"
#include "sluice/tensor/transpose.h"

namespace sluice {

namespace {

constexpr int64_t block_rows = 512;  // of patches: they wait for their product in the second cache

// Images in blocks of about `block_rows` windows; where threads share them, in a number that goes
// evenly. It depends on the shape alone, as does all that is cut here.
int64_t blocks_of(const Convolution& plan) {
  const int64_t even = plan.work() >= least_parallel_products ? 4 : 1;
  const int64_t rows = plan.images * plan.grid.windows();
  const int64_t blocks = (rows + block_rows * even - 1) / (block_rows * even) * even;
  return 2 * blocks > plan.images ? plan.images : blocks;
}

// The patches of some images, for one group of channels: [count · windows, patch_size].
template <class T>
void gather(const Convolution& plan, int64_t group, const Range& images, const T* x, T* patches) {
  PatchGrid grid = plan.grid;
  grid.first = group * grid.width;
  const int64_t size = grid.windows() * grid.patch_size();
  for_pieces(images.size, images.size * size >= least_parallel, [=](int64_t i) {
    gather_patches(grid, x + (images.begin + i) * grid.image_size(), patches + i * size);
  });
}

// What multiplies the patches: [groups, patch_size, outputs of a group].
template <class T>
PoolArray<T> for_patches(const Convolution& plan, const T* weight) {
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size(), width = plan.grid.width;
  const int64_t taps = size / width;
  auto rows = PoolArray<T>::uninitialized(size * n);  // [C,taps,outputs of a group]
  auto packed = PoolArray<T>::uninitialized(plan.outputs * size);
  T* to = packed.data();
  for (int64_t group = 0; group < plan.groups; ++group) {
    transpose_block(weight + group * n * size, size, n, size, rows.data(), n);
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t c = 0; c < width; ++c)
        to = std::copy_n(rows.data() + (c * taps + tap) * n, n, to);
  }
  return packed;
}

// y = what was there if `add`, else bias, + patches · matrix of for_patches().
template <class T>
void multiply(const Convolution& plan, const T* x, const T* matrix, const T* bias, T* y, bool add) {
  if (is_line(plan)) return multiply_line(plan, x, matrix, bias, y, add);
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size();
  const int64_t windows = plan.grid.windows(), blocks = blocks_of(plan);
  for_pieces(blocks, plan.work() >= least_parallel_products, [=, &plan](int64_t i) {
    const Range images = part_of(plan.images, i, blocks);
    const int64_t rows = images.size * windows;
    auto patches = PoolArray<T>::uninitialized(rows * size);
    for (int64_t group = 0; group < plan.groups; ++group) {
      gather(plan, group, images, x, patches.data());
      gemm(Trans::no, Trans::no, rows, n, size, patches.data(), size, matrix + group * n * size, n,
           y + images.begin * windows * plan.outputs + group * n, plan.outputs, add,
           bias ? bias + group * n : nullptr);
    }
  });
}

// The way back of windows that begin at every place: a convolution of the gradients whose taps come
// in the opposite order. Each place of the input is seen by `kernel` windows.
Convolution way_back(const Convolution& plan) {
  const auto back = [](WindowAxis axis) {
    const int64_t before = axis.span() - 1 - axis.before, after = axis.span() - 1 - axis.after;
    axis.size = axis.count();
    axis.before = before;
    axis.after = after;
    return axis;
  };
  Convolution result = plan;
  result.grid.rows = back(plan.grid.rows);
  result.grid.columns = back(plan.grid.columns);
  result.grid.channels = plan.outputs;
  result.grid.width = plan.group_outputs();
  result.outputs = plan.grid.channels;
  return result;
}

// What multiplies the patches of gradients: [groups, taps from the last · outputs of a group, C].
template <class T>
PoolArray<T> for_way_back(const Convolution& plan, const T* weight) {
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size(), width = plan.grid.width;
  const int64_t taps = size / width;
  auto packed = PoolArray<T>::uninitialized(plan.outputs * size);
  for (int64_t o = 0; o < plan.outputs; ++o) {
    const int64_t last = (o / n * taps + taps - 1) * n + o % n;
    transpose_block(weight + o * size, taps, width, taps, packed.data() + last * width, -n * width);
  }
  return packed;
}

// weight [O,C,taps] -> [O,taps,C], the order in which patches lie.
template <class T>
PoolArray<T> by_taps(const Convolution& plan, const T* weight) {
  const int64_t width = plan.grid.width, size = plan.grid.patch_size(), taps = size / width;
  auto packed = PoolArray<T>::uninitialized(plan.outputs * size);
  T* const to = packed.data();
  for_pieces(plan.outputs, plan.outputs * size >= least_parallel, [=](int64_t o) {
    transpose_block(weight + o * size, taps, width, taps, to + o * size, width);
  });
  return packed;
}

// Windows that skip places: every patch's gradients are added where the patch came from.
template <class T>
void scatter(const Convolution& plan, const T* grad, const T* packed, T* dx, bool add) {
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size();
  const int64_t windows = plan.grid.windows(), blocks = blocks_of(plan);
  const int64_t image_size = plan.grid.image_size();
  for_pieces(blocks, plan.work() >= least_parallel_products, [=, &plan](int64_t b) {
    const Range images = part_of(plan.images, b, blocks);
    T* const to = dx + images.begin * image_size;
    if (!add) std::fill_n(to, images.size * image_size, T{0});
    auto patches = PoolArray<T>::uninitialized(images.size * windows * size);
    PatchGrid grid = plan.grid;
    for (int64_t group = 0; group < plan.groups; ++group) {
      gemm(Trans::no, Trans::no, images.size * windows, size, n,
           grad + images.begin * windows * plan.outputs + group * n, plan.outputs,
           packed + group * n * size, size, patches.data(), size, false);
      grid.first = group * grid.width;
      for (int64_t i = 0; i < images.size; ++i)
        add_patches(grid, patches.data() + i * windows * size, to + i * image_size);
    }
  });
}

// dw [O,taps,C] of some images: one chain over their windows, block after block.
template <class T>
void images_to_weight(const Convolution& plan, const Range& images, const T* x, const T* grad,
                      T* dw) {
  const int64_t n = plan.group_outputs(), size = plan.grid.patch_size();
  const int64_t windows = plan.grid.windows();
  const int64_t block = std::max<int64_t>(1, block_rows / windows);
  auto patches = PoolArray<T>::uninitialized(std::min(block, images.size) * windows * size);
  for (int64_t done = 0; done < images.size; done += block) {
    const Range some{images.begin + done, std::min(block, images.size - done)};
    for (int64_t group = 0; group < plan.groups; ++group) {
      gather(plan, group, some, x, patches.data());
      gemm(Trans::yes, Trans::no, n, size, some.size * windows,
           grad + some.begin * windows * plan.outputs + group * n, plan.outputs, patches.data(),
           size, dw + group * n * size, size, done > 0);
    }
  }
}

// The gradients of parts of the images, [parts] of dw [O,taps,C], one behind the other.
template <class T>
void parts_to_weight(const Convolution& plan, int64_t parts, const T* x, const T* grad, T* sums) {
  const int64_t count = plan.outputs * plan.grid.patch_size();
  for_pieces(parts, plan.work() >= least_parallel_products, [=, &plan](int64_t i) {
    T* const dw = sums + i * count;
    if (!is_line(plan)) return images_to_weight(plan, part_of(plan.images, i, parts), x, grad, dw);
    const Range pieces = part_of(line_pieces(plan), i, parts);
    for (int64_t done = 0; done < pieces.size; ++done)
      line_to_weight(plan, pieces.begin + done, x, grad, dw, done > 0);
  });
}

}  // namespace

template <class T>
void convolve(const Convolution& plan, const T* x, const T* weight, const T* bias, T* y) {
  multiply(plan, x, for_patches(plan, weight).data(), bias, y, false);
}

template <class T>
void convolve_to_input(const Convolution& plan, const T* grad, const T* weight, T* dx, bool add) {
  // Patches are added where so few channels would leave a vector mostly empty, and where the way
  // back is much longer: with windows about as large as the image.
  constexpr int64_t fewest = 32;
  const bool dense = plan.grid.rows.stride == 1 && plan.grid.columns.stride == 1;
  if (dense && plan.grid.width >= fewest && way_back(plan).work() <= 2 * plan.work())
    multiply<T>(way_back(plan), grad, for_way_back(plan, weight).data(), nullptr, dx, add);
  else
    scatter(plan, grad, by_taps(plan, weight).data(), dx, add);
}

// Parts of the images have sums of their own, which are then added in order.
template <class T>
void convolve_to_weight(const Convolution& plan, const T* x, const T* grad, T* dw, bool add) {
  constexpr int64_t most_parts = 8, most_numbers = 1 << 22;
  const int64_t width = plan.grid.width, size = plan.grid.patch_size(), taps = size / width;
  const int64_t count = plan.outputs * size;
  const int64_t pieces = is_line(plan) ? line_pieces(plan) : plan.images;
  const int64_t room = plan.work() >= least_parallel_products ? most_numbers / count : 1;
  const int64_t parts = std::clamp<int64_t>(std::min(pieces, room), 1, most_parts);
  auto sums = PoolArray<T>::uninitialized(parts * count);
  T* const sum = sums.data();
  if (pieces > 0)
    parts_to_weight(plan, parts, x, grad, sum);
  else
    std::fill_n(sum, count, T{0});
  for_pieces(plan.outputs, parts * count >= least_parallel, [=](int64_t o) {
    T* const all = sum + o * size;
    for (int64_t part = 1; part < parts; ++part)
      for (int64_t i = 0; i < size; ++i) all[i] += all[part * count + i];
    T* const to = dw + o * size;
    if (!add) return transpose_block(all, width, taps, width, to, taps);
    for (int64_t c = 0; c < width; ++c)
      for (int64_t k = 0; k < taps; ++k) to[c * taps + k] += all[k * width + c];
  });
}

template void convolve(const Convolution&, const float*, const float*, const float*, float*);
template void convolve(const Convolution&, const double*, const double*, const double*, double*);
template void convolve_to_input(const Convolution&, const float*, const float*, float*, bool);
template void convolve_to_input(const Convolution&, const double*, const double*, double*, bool);
template void convolve_to_weight(const Convolution&, const float*, const float*, float*, bool);
template void convolve_to_weight(const Convolution&, const double*, const double*, double*, bool);

}  // namespace sluice
