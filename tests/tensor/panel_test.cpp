// The register-tiled kernels one by one: every width, any number of rows, chains in pieces.
#include "sluice/tensor/panel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/tensor/tensor.h"

namespace sluice {
namespace {

template <class T>
T mul_add(T a, T b, T c) {
  static const bool fused = std::string(simd_target()) != "SSE4";
  return fused ? std::fma(a, b, c) : a * b + c;
}

/// Aligned random numbers.
template <class T>
Tensor draw(int64_t count, uint64_t seed) {
  Tensor numbers = Tensor::uninitialized({count}, dtype_of<T>);
  Generator generator(seed);
  generator.uniform(numbers.values<T>(), T(-1), T(1));
  return numbers;
}

/// One task of a panel product: `depths` are the lengths of its segments.
template <class T>
class Task {
 public:
  Task(int vectors, int rows, const std::vector<int64_t>& depths, bool from_start)
      : vectors_(vectors),
        rows_(rows),
        lanes_(panel_kernels<T>().lanes),
        stride_(vectors * lanes_ + 3),
        z_(draw<T>(rows * stride_, 1)),
        start_(draw<T>(max_panel_vectors * lanes_, 2)) {
    uint64_t seed = 10;
    for (int64_t k : depths) {
      a_.push_back(draw<T>(rows * (k + 1), seed++));
      panels_.push_back(draw<T>(k * vectors * lanes_, seed++));
      segments_.push_back({std::as_const(a_.back()).template data<T>(), k + 1,
                           std::as_const(panels_.back()).template data<T>(), k});
    }
    task_ = {segments_.data(), static_cast<int>(segments_.size()), z_.data<T>(), stride_, {}, {}};
    for (int v = 0; v < vectors; ++v) {
      task_.offset[v] = (vectors - 1 - v) * lanes_;  // vectors may go anywhere
      task_.start[v] = from_start ? start_.data<T>() + v * lanes_ : nullptr;
    }
  }

  const PanelTask<T>& task() const { return task_; }
  const Tensor& result() const { return z_; }

  Tensor reference() const {
    Tensor result = z_.clone();
    for (int r = 0; r < rows_; ++r)
      for (int v = 0; v < vectors_; ++v)
        for (int lane = 0; lane < lanes_; ++lane) {
          T& sum = result.data<T>()[r * stride_ + task_.offset[v] + lane];
          if (task_.start[v]) sum = task_.start[v][lane];
          for (const Segment<T>& s : segments_)
            for (int64_t k = 0; k < s.k; ++k)
              sum = mul_add(s.a[r * s.row_stride + k], s.panel[(k * vectors_ + v) * lanes_ + lane],
                            sum);
        }
    return result;
  }

 private:
  int vectors_, rows_, lanes_;
  ptrdiff_t stride_;
  Tensor z_, start_;
  std::vector<Tensor> a_, panels_;
  std::vector<Segment<T>> segments_;
  PanelTask<T> task_{};
};

template <class T>
bool same_bits(const Tensor& a, const Tensor& b) {
  return std::memcmp(a.data<T>(), b.data<T>(), static_cast<size_t>(a.numel()) * sizeof(T)) == 0;
}

template <class T>
class Panel : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Panel, Types);

TYPED_TEST(Panel, ProductIsOneChainInOrder) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  for (int vectors = 1; vectors <= kernels.widest; ++vectors)
    for (int rows = 1; rows <= 34; rows += rows < 18 ? 1 : 5)
      for (bool from_start : {false, true}) {
        // The last is longer than a block that stays in the first cache.
        for (const auto& depths : {std::vector<int64_t>{1}, {3, 5}, {7, 0, 2, 4}, {150, 1200}}) {
          Task<T> task(vectors, rows, depths, from_start);
          const Tensor wanted = task.reference();
          kernels.product[vectors](task.task(), rows);
          ASSERT_TRUE(same_bits<T>(task.result(), wanted))
              << vectors << " vectors, " << rows << " rows, first depth " << depths[0];
        }
      }
}

/// Tasks that read the same rows; each has a panel, a place and a start of its own.
template <class T>
struct SideBySide {
  std::vector<Task<T>> lot;
  std::vector<PanelTask<T>> tasks;
  std::vector<std::vector<Segment<T>>> segments;
  std::vector<Tensor> wanted;

  SideBySide(int count, int vectors, int rows, const std::vector<int64_t>& depths) {
    for (int i = 0; i < count; ++i) lot.emplace_back(vectors, rows, depths, i % 2 == 0);
    for (const Task<T>& t : lot) {
      segments.emplace_back(t.task().segments, t.task().segments + depths.size());
      for (size_t s = 0; s < depths.size(); ++s) segments.back()[s].a = lot[0].task().segments[s].a;
      tasks.push_back(t.task());
    }
    for (size_t i = 0; i < lot.size(); ++i) tasks[i].segments = segments[i].data();
    for (const Task<T>& t : lot) wanted.push_back(t.reference());
  }
  bool same() const {
    bool all = true;
    for (size_t i = 0; i < lot.size(); ++i) all = all && same_bits<T>(lot[i].result(), wanted[i]);
    return all;
  }
};

TYPED_TEST(Panel, FewRowsSideBySideHaveTheSameBits) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  for (int vectors = 1; vectors <= kernels.widest; ++vectors)
    for (int rows : {1, 2, 3, 5})
      for (int count : {1, 2, 3, 4, 7, 8, 9}) {
        SideBySide<T> side(count, vectors, rows, {5, 9});
        kernels.product_few[vectors](side.tasks.data(), count, rows);
        ASSERT_TRUE(side.same()) << vectors << " vectors, " << rows << " rows, " << count;
      }
}

TYPED_TEST(Panel, NarrowPanelsSideBySideHaveTheSameBits) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  for (int count = 1; count <= kernels.widest; ++count)
    for (int rows : {1, 3, 6, 7, 20})
      for (const auto& depths : {std::vector<int64_t>{1}, {3, 5}, {150, 1200}}) {
        SideBySide<T> side(count, 1, rows, depths);
        kernels.product_side[count](side.tasks.data(), rows);
        ASSERT_TRUE(side.same()) << count << " panels, " << rows << " rows";
      }
}

TYPED_TEST(Panel, SegmentsSideBySideHaveTheSameSum) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  for (int vectors = 1; vectors <= kernels.widest; ++vectors)
    for (const auto& depths :
         {std::vector<int64_t>{3}, {4, 4, 4, 4}, {8, 8, 8, 8, 8, 2, 2}, {5, 5, 5, 1}}) {
      Task<T> task(vectors, 2, depths, depths.size() > 4);
      const Tensor wanted = task.reference();
      kernels.product_split[vectors](task.task(), 2);
      for (int64_t i = 0; i < wanted.numel(); ++i)
        ASSERT_NEAR(task.result().item(i), wanted.item(i), sizeof(T) == 4 ? 5e-6 : 1e-14);
    }
}

TYPED_TEST(Panel, OuterProductIsAddedOrWrittenOnce) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  const int lanes = kernels.lanes;
  for (int vectors = 1; vectors <= kernels.widest; ++vectors)
    for (int64_t k : {1, 2, 5, 13, 40}) {
      const int counts[] = {3, 1, 4};
      const ptrdiff_t g_stride = vectors * lanes + 1, a_stride = k + 2;
      std::vector<Tensor> a, g;
      std::vector<OuterStep<T>> steps;
      for (int rows : counts) {
        a.push_back(draw<T>(rows * a_stride, 5 + a.size()));
        g.push_back(draw<T>(rows * g_stride, 55 + a.size()));
        steps.push_back({std::as_const(a.back()).template data<T>(), a_stride,
                         std::as_const(g.back()).template data<T>(), rows});
      }
      Tensor out = draw<T>(k * vectors * lanes, 9);
      Tensor wanted = out.clone();
      OuterTask<T> task{steps.data(),    3,     g_stride, {},   out.data<T>(),
                        vectors * lanes, lanes, k,        false};
      for (int v = 0; v < vectors; ++v) task.offset[v] = v * lanes;
      for (int64_t i = 0; i < k; ++i)
        for (int64_t column = 0; column < vectors * lanes; ++column) {
          T sum = 0;
          for (const OuterStep<T>& s : steps)
            for (int r = 0; r < s.rows; ++r)
              sum = mul_add(s.a[r * a_stride + i], s.g[r * g_stride + column], sum);
          wanted.data<T>()[i * vectors * lanes + column] += sum;
        }
      Tensor fresh = out.clone();
      kernels.outer[vectors](task);
      ASSERT_TRUE(same_bits<T>(out, wanted)) << vectors << " vectors, k = " << k;
      task.out = fresh.data<T>();
      task.overwrite = true;
      kernels.outer[vectors](task);
      Tensor zero({fresh.numel()}, fresh.dtype());
      task.out = zero.data<T>();
      task.overwrite = false;
      kernels.outer[vectors](task);
      ASSERT_TRUE(same_bits<T>(fresh, zero)) << vectors << " vectors, k = " << k;
    }
}

TYPED_TEST(Panel, RowDots) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  const int lanes = kernels.lanes;
  for (int columns : {1, 2, 3, 4, 7})
    for (int rows : {1, 2, 5, 9}) {
      const ptrdiff_t row_stride = 3 * lanes, out_stride = columns + 1;
      const Tensor a = draw<T>(rows * row_stride + lanes, 3);
      const Tensor w = draw<T>(columns * 3 * lanes, 4);
      const T* panels = w.data<T>();
      const Segment<T> segments[] = {
          {a.data<T>(), row_stride, panels, lanes},
          {a.data<T>() + lanes, row_stride, panels + columns * lanes, 2 * lanes}};
      Tensor out = draw<T>(rows * out_stride, 5);
      const Tensor before = out.clone();
      kernels.row_dots({segments, 2, out.data<T>(), out_stride, columns, lanes}, rows);
      for (int row = 0; row < rows; ++row) {
        for (int c = 0; c < columns; ++c) {
          double sum = 0;
          for (const Segment<T>& s : segments)
            for (int64_t k = 0; k < s.k; ++k)
              sum += double{s.a[lanes + row * row_stride + k]} * s.panel[c * s.k + k];
          ASSERT_NEAR(out.data<T>()[row * out_stride + c], sum, sizeof(T) == 4 ? 2e-5 : 1e-13);
        }
        ASSERT_EQ(out.data<T>()[row * out_stride + columns],
                  before.data<T>()[row * out_stride + columns]);
      }
    }
}

TYPED_TEST(Panel, ColumnSums) {
  using T = TypeParam;
  const PanelKernels<T>& kernels = panel_kernels<T>();
  const int lanes = kernels.lanes;
  constexpr int most = 7;
  const ptrdiff_t stride = most * lanes + 1;
  const Tensor first = draw<T>(5 * stride, 1), second = draw<T>(2 * stride, 2);
  const OuterStep<T> steps[] = {{nullptr, 0, first.data<T>(), 5},
                                {nullptr, 0, second.data<T>(), 2}};
  for (int vectors = 1; vectors <= most; ++vectors) {
    Tensor sum = draw<T>(most * lanes, 3);
    const Tensor before = sum.clone();
    kernels.column_sum(steps, 2, stride, vectors, sum.data<T>());
    for (int column = 0; column < most * lanes; ++column) {
      T total = 0;
      for (const OuterStep<T>& s : steps)
        for (int r = 0; r < s.rows; ++r) total += s.g[r * stride + column];
      if (column >= vectors * lanes) total = 0;
      EXPECT_EQ(sum.data<T>()[column], before.data<T>()[column] + total) << vectors << " vectors";
    }
  }
}

}  // namespace
}  // namespace sluice
