// Register tiles of the panel products, for the instruction set being compiled.
#if defined(SLUICE_PANEL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_PANEL_INL
#undef SLUICE_PANEL_INL
#else
#define SLUICE_PANEL_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include <algorithm>

#include "sluice/tensor/panel.h"
#include "sluice/tensor/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Rows of a tile of `vectors` columns: accumulators, weights and one input fit the registers.
/// Sixteen accumulators already hide the latency; more rows read the weights less often.
constexpr int tile_rows(int vectors) {
  return kRegisters == 32 ? (vectors == 1   ? 16
                             : vectors == 2 ? 12
                             : vectors == 3 ? 8
                                            : 6)
                          : (vectors == 1   ? 12
                             : vectors == 2 ? 6
                                            : 4);
}

/// Keeps a loaded weight in a register: g++ otherwise folds the load into every multiply-add and
/// reads the weight once a row (measured: 64 % of peak instead of 96 % on AVX2).
template <class V>
HWY_INLINE void Pin(V& v) {
#if HWY_ARCH_X86 && HWY_COMPILER_GCC
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  asm("" : "+v"(v.raw));
#else
  asm("" : "+x"(v.raw));
#endif
#else
  (void)v;
#endif
}

/// The next number, by an addition that the compiler does not turn into an index.
template <class T>
HWY_INLINE void Advance(const T*& at) {
  ++at;
#if HWY_ARCH_X86 && HWY_COMPILER_GCC
  asm("" : "+r"(at));
#endif
}

/// Whether a vector is a line of the cache: then panels pass through the first cache from the
/// second for every tile of rows. Else they are cut so short that they stay there.
constexpr bool kPanelsPass = hn::MaxLanes(hn::ScalableTag<float>()) == 16;

/// Rows [row, row + MR) of one panel product, or of `NP` tasks side by side. Into the first cache
/// are fetched on the way: of a panel that passes, its own numbers some steps early; else `ahead`,
/// the weights that come next, spread over the tiles, a line for each k.
template <class D, int MR, int NV, int NP, class T = hn::TFromD<D>>
HWY_INLINE void Tile(D d, const PanelTask<T>* tasks, int row, [[maybe_unused]] const T* ahead) {
  using V = hn::Vec<D>;
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  V sum[NP][MR][NV];
  HWY_UNROLL(8)
  for (int p = 0; p < NP; ++p) {
    const PanelTask<T>& t = tasks[p];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      HWY_UNROLL(16)
      for (int r = 0; r < MR; ++r)
        sum[p][r][v] = t.start[v] ? hn::Load(d, t.start[v])
                                  : hn::LoadU(d, t.z + (row + r) * t.z_stride + t.offset[v]);
    }
  }
  for (int s = 0; s < tasks->segment_count; ++s) {
    const Segment<T>& shared = tasks->segments[s];
    const T* HWY_RESTRICT a = shared.a + tasks->a_offset + row * shared.row_stride;
    const ptrdiff_t stride = shared.row_stride;
    // Three rows to a pointer: so few that none is kept in a vector register, whence g++ would
    // fetch it at every k through a port that the multiply-adds need.
    constexpr int pointers = (MR + 2) / 3;
    const T* x_at[pointers];
    HWY_UNROLL(8)
    for (int i = 0; i < pointers; ++i) x_at[i] = a + 3 * i * stride;
    const T* HWY_RESTRICT panel[NP];
    HWY_UNROLL(8)
    for (int p = 0; p < NP; ++p) panel[p] = tasks[p].segments[s].panel;
    const int64_t depth = shared.k;
    HWY_UNROLL(1)
    for (int64_t k = 0; k < depth; ++k) {
      V w[NP][NV];
      if constexpr (NP == 1 && !kPanelsPass) hwy::Prefetch(ahead + k * NV * n);
      HWY_UNROLL(8)
      for (int p = 0; p < NP; ++p) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) {
          if constexpr (NP == 1 && kPanelsPass) hwy::Prefetch(panel[p] + ((k + 8) * NV + v) * n);
          w[p][v] = hn::Load(d, panel[p] + (k * NV + v) * n);
          if constexpr (MR > 1) Pin(w[p][v]);
        }
      }
      HWY_UNROLL(16)
      for (int r = 0; r < MR; ++r) {
        V x = hn::Set(d, x_at[r / 3][r % 3 * stride]);
        Pin(x);
        HWY_UNROLL(8)
        for (int p = 0; p < NP; ++p) {
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v) sum[p][r][v] = hn::MulAdd(x, w[p][v], sum[p][r][v]);
        }
      }
      HWY_UNROLL(8)
      for (int i = 0; i < pointers; ++i) Advance(x_at[i]);
    }
  }
  HWY_UNROLL(8)
  for (int p = 0; p < NP; ++p) {
    const PanelTask<T>& t = tasks[p];
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v)
        hn::StoreU(sum[p][r][v], d, t.z + (row + r) * t.z_stride + t.offset[v]);
    }
  }
}

/// Calls Tile with a compile-time number of rows, `rows` of them, at most MR.
template <class D, int MR, int NV, int NP, class T = hn::TFromD<D>>
HWY_INLINE void TileOf(D d, const PanelTask<T>* tasks, int row, int rows, const T* ahead) {
  if constexpr (MR > 1) {
    if (rows < MR) return TileOf<D, MR - 1, NV, NP>(d, tasks, row, rows, ahead);
  }
  Tile<D, MR, NV, NP>(d, tasks, row, ahead);
}

/// All rows of a task, or of several side by side, in balanced tiles: 20 rows are 10 + 10, not 12
/// + 8.
template <class D, int NV, int NP = 1, class T = hn::TFromD<D>>
HWY_INLINE void ProductRows(const PanelTask<T>* tasks, int rows) {
  constexpr int most = tile_rows(NV * NP);
  constexpr int n = static_cast<int>(hn::MaxLanes(D()));
  const PanelTask<T>& task = *tasks;
  const Segment<T>* last = task.segments + task.segment_count - 1;
  const T* ahead = task.segment_count > 0 ? last->panel + last->k * NV * n : task.z;
  if (rows <= most) return TileOf<D, most, NV, NP>(D(), tasks, 0, rows, ahead);
  const int blocks = (rows + most - 1) / most;
  int row = 0;
  for (int b = 0; b < blocks; ++b) {
    const int size = (rows - row + blocks - b - 1) / (blocks - b);
    TileOf<D, most, NV, NP>(D(), tasks, row, size, ahead + b % NV * n);
    row += size;
  }
}

/// Moves (segment, k) forward over at most `depth` steps of the chain, writing the pieces to
/// `pieces`; returns their number.
template <class T, int Most>
int TakePieces(const PanelTask<T>& task, int width, int64_t depth, int& segment, int64_t& k,
               Segment<T> (&pieces)[Most]) {
  int count = 0;
  while (segment < task.segment_count && depth > 0 && count < Most) {
    const Segment<T>& whole = task.segments[segment];
    const int64_t size = std::min(depth, whole.k - k);
    pieces[count++] = {whole.a + k, whole.row_stride, whole.panel + k * width, size};
    depth -= size;
    k += size;
    if (k == whole.k) ++segment, k = 0;
  }
  return count;
}

template <class T>
int64_t DepthOf(const PanelTask<T>& task) {
  int64_t depth = 0;
  for (int s = 0; s < task.segment_count; ++s) depth += task.segments[s].k;
  return depth;
}

/// Steps of a chain of so many vectors that are done for all rows before the chain goes on, while
/// their weights stay in a cache.
template <class D, int NV>
constexpr int64_t kBlockDepth = (kPanelsPass ? 100 : 24) * 1024 /
                                (NV * static_cast<int>(hn::MaxLanes(D()) * sizeof(hn::TFromD<D>)));

template <class D, int NV, class T = hn::TFromD<D>>
void Product(const PanelTask<T>& task, int rows) {
  constexpr int width = NV * static_cast<int>(hn::MaxLanes(D()));
  constexpr int64_t block = kBlockDepth<D, NV>;
  const int64_t depth = DepthOf(task);
  if (rows <= tile_rows(NV) || depth <= block + block / 4) return ProductRows<D, NV>(&task, rows);
  Segment<T> pieces[16];
  PanelTask<T> part = task;
  part.segments = pieces;
  const int64_t blocks = (depth + block - 1) / block;
  int segment = 0;
  for (int64_t k = 0; segment < task.segment_count;) {
    part.segment_count = TakePieces(task, width, (depth + blocks - 1) / blocks, segment, k, pieces);
    ProductRows<D, NV>(&part, rows);
    for (int v = 0; v < NV; ++v) part.start[v] = nullptr;
  }
}

/// NP tasks of one vector side by side, unless their chains are so long that each is cut.
template <class D, int NP, class T = hn::TFromD<D>>
void ProductSide(const PanelTask<T>* tasks, int rows) {
  constexpr int64_t block = kBlockDepth<D, NP>;
  if (rows <= tile_rows(NP) || DepthOf(*tasks) <= block + block / 4)
    return ProductRows<D, 1, NP>(tasks, rows);
  for (int i = 0; i < NP; ++i) Product<D, 1>(tasks[i], rows);
}

/// Few rows cannot hide the latency of one panel; four panels at once do, with the same bits.
template <class D, int NV, class T = hn::TFromD<D>>
void ProductFew(const PanelTask<T>* tasks, int count, int rows) {
  constexpr int side = NV == 1 ? 8 : NV == 2 ? 4 : NV == 3 ? 3 : 2;
  int i = 0;
  for (; i + side <= count && rows <= 2; i += side) {
    for (int row = 0; row < rows; ++row) Tile<D, 1, NV, side>(D(), tasks + i, row, tasks[i].z);
  }
  for (; i < count && rows == 1; ++i) Tile<D, 1, NV, 1>(D(), tasks + i, 0, tasks[i].z);
  for (; i < count; ++i) Product<D, NV>(tasks[i], rows);
}

/// Four segments' chains side by side, added at the end: a quarter of the latency for few rows.
template <class D, int NV, class T = hn::TFromD<D>>
HWY_INLINE void SplitRow(D d, const PanelTask<T>& t, int row) {
  using V = hn::Vec<D>;
  constexpr int n = static_cast<int>(hn::MaxLanes(D())), side = 4;
  V sum[side][NV];
  for (int i = 0; i < side; ++i)
    for (int v = 0; v < NV; ++v) sum[i][v] = hn::Zero(d);
  int s = 0;
  for (; s + side <= t.segment_count && t.segments[s].k == t.segments[s + side - 1].k; s += side) {
    const Segment<T>* part = t.segments + s;
    HWY_UNROLL(1)
    for (int64_t k = 0; k < part->k; ++k) {
      HWY_UNROLL(4)
      for (int i = 0; i < side; ++i) {
        const V x = hn::Set(d, part[i].a[t.a_offset + row * part[i].row_stride + k]);
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v)
          sum[i][v] = hn::MulAdd(x, hn::Load(d, part[i].panel + (k * NV + v) * n), sum[i][v]);
      }
    }
  }
  HWY_UNROLL(4)
  for (int i = 0; i < side; ++i) {
    for (int j = s + i; j < t.segment_count; j += side) {
      const Segment<T>& part = t.segments[j];
      for (int64_t k = 0; k < part.k; ++k) {
        const V x = hn::Set(d, part.a[t.a_offset + row * part.row_stride + k]);
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v)
          sum[i][v] = hn::MulAdd(x, hn::Load(d, part.panel + (k * NV + v) * n), sum[i][v]);
      }
    }
  }
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    T* to = t.z + row * t.z_stride + t.offset[v];
    const V all = hn::Add(hn::Add(sum[0][v], sum[1][v]), hn::Add(sum[2][v], sum[3][v]));
    hn::StoreU(hn::Add(t.start[v] ? hn::Load(d, t.start[v]) : hn::LoadU(d, to), all), d, to);
  }
}

template <class D, int NV, class T = hn::TFromD<D>>
void ProductSplit(const PanelTask<T>& task, int rows) {
  for (int row = 0; row < rows; ++row) SplitRow<D, NV>(D(), task, row);
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
