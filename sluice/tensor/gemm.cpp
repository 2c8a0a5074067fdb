// The general product on the panel kernels: op(B) is packed into panels, op(A) read by rows.
#include "sluice/tensor/gemm.h"

#include <algorithm>

#include "sluice/tensor/chunk.h"
#include "sluice/tensor/packing.h"
#include "sluice/tensor/pool_array.h"
#include "sluice/tensor/thin_product.h"
#include "sluice/tensor/transpose.h"

namespace sluice {

namespace {

/// Products of one row, or of rows of one number: nothing is packed. Threads share rows, and
/// columns where there is but one row.
template <class T>
void row_by_row(const Matrix<T>& a, const Matrix<T>& b, int64_t m, int64_t n, int64_t k, T* c,
                int64_t c_stride, bool accumulate, const T* start) {
  const int64_t along = a.trans == Trans::yes ? a.stride : 1;  // from one k to the next
  const int64_t down = a.trans == Trans::yes ? 1 : a.stride;
  const int64_t across = b.trans == Trans::yes ? b.stride : 1;
  const bool threads = m * n * k >= least_parallel;
  const auto some = [=](int64_t row, int64_t first, int64_t count) {
    const ThinProduct<T> part{.a = a.data + row * down,
                              .a_stride = along,
                              .b = b.data + first * across,
                              .b_stride = b.stride,
                              .c = c + row * c_stride + first,
                              .n = count,
                              .k = k,
                              .accumulate = accumulate,
                              .start = start ? start + first : nullptr};
    b.trans == Trans::yes ? row_by_transposed(part) : row_by_matrix(part);
  };
  if (m == 1) {
    const int64_t pieces = threads ? (n + 255) / 256 : 1;
    return for_pieces(pieces, threads, [=](int64_t i) {
      const Range columns = part_of(n, i, pieces);
      some(0, columns.begin, columns.size);
    });
  }
  const int64_t each = std::max<int64_t>(1, 4096 / n), pieces = (m + each - 1) / each;
  for_pieces(pieces, threads, [=](int64_t i) {
    for (int64_t row = i * each; row < std::min(m, (i + 1) * each); ++row) some(row, 0, n);
  });
}

/// A product cut into blocks that the caches hold: of k, so that a slice of op(A) stays in the
/// second cache while every panel of op(B) passes; of columns, so that their panels stay in the
/// third. How it is cut depends on the shape alone.
template <class T>
class Gemm {
 public:
  Gemm(const Matrix<T>& a, const Matrix<T>& b, int64_t m, int64_t n, int64_t k, T* c,
       int64_t c_stride, bool accumulate, const T* start)
      : a_(a),
        b_(b),
        m_(m),
        n_(n),
        k_(k),
        c_(c),
        c_stride_(c_stride),
        accumulate_(accumulate),
        start_(start) {}

  void run() const {
    const int64_t panels = cut_.count();
    const bool few_rows = m_ <= (threads_ && panels < fewest_tasks / 2 ? 32 : most_rows);
    if (few_rows) return panel_by_panel(panels);
    const int64_t strip = std::max<int64_t>(1, most_packed / (most_depth * widest_));
    for (int64_t p = 0; p < panels; p += strip)
      for (int64_t block = 0; block < blocks_; ++block)
        slice_by_slice(p, std::min(strip, panels - p), depth_of(block));
  }

 private:
  static constexpr int64_t most_rows = 120, most_depth = 384, most_packed = 1 << 20;
  static constexpr int64_t fewest_tasks = 16;

  /// Blocks of k as equal as they go.
  Range depth_of(int64_t block) const { return part_of(k_, block, blocks_); }

  // Rows [first, first + rows) of op(A) over some of k: where they stand, or in `room`.
  Segment<T> rows_of_a(int64_t first, int64_t rows, const Range& k, PoolArray<T>& room) const {
    if (a_.trans == Trans::no)
      return {a_.data + first * a_.stride + k.begin, a_.stride, nullptr, k.size};
    room = PoolArray<T>::uninitialized(rows * k.size);
    transpose_block(a_.data + k.begin * a_.stride + first, a_.stride, k.size, rows, room.data(),
                    k.size);
    return {room.data(), k.size, nullptr, k.size};
  }

  void product(Segment<T> part, int64_t row, int64_t rows, int64_t panel, const T* packed,
               const Range& k) const {
    part.panel = packed;
    cut_.multiply(panel, &part, 1, static_cast<int>(rows),
                  {c_ + row * c_stride_, c_stride_, accumulate_ || k.begin > 0, start_});
  }

  // Few rows: every thread packs panels and multiplies them by all rows.
  void panel_by_panel(int64_t panels) const {
    PoolArray<T> room;
    const Segment<T> all = rows_of_a(0, m_, {0, k_}, room);
    for_pieces(panels, threads_, [&](int64_t p) {
      auto packed = PoolArray<T>::uninitialized(std::min(k_, most_depth) * cut_.width(p));
      for (int64_t block = 0; block < blocks_; ++block) {
        const Range k = depth_of(block);
        cut_.pack(p, b_, k.begin, k.size, packed.data());
        product({all.a + k.begin, all.row_stride, nullptr, k.size}, 0, m_, p, packed.data(), k);
      }
    });
  }

  // Many rows: the panels are packed once, then threads share slices of rows, and the panels too
  // where slices are few.
  void slice_by_slice(int64_t first, int64_t panels, const Range& k) const {
    auto packed = PoolArray<T>::uninitialized(panels * widest_ * k.size);
    const auto panel = [&](int64_t p) { return packed.data() + p * widest_ * k.size; };
    for_pieces(panels, threads_,
               [&](int64_t p) { cut_.pack(first + p, b_, k.begin, k.size, panel(p)); });
    const int64_t slice = m_ > most_rows * fewest_tasks / 2 ? most_rows : most_rows * 2 / 5;
    const int64_t slices = (m_ + slice - 1) / slice;
    const int64_t groups = std::min(panels, (fewest_tasks + slices - 1) / slices);
    for_pieces(slices * groups, threads_, [&](int64_t i) {
      const int64_t row = i / groups * slice, rows = std::min(slice, m_ - row), group = i % groups;
      PoolArray<T> room;
      const Segment<T> part = rows_of_a(row, rows, k, room);
      for (int64_t p = group * panels / groups; p < (group + 1) * panels / groups; ++p)
        product(part, row, rows, first + p, panel(p), k);
    });
  }

  const Matrix<T> a_, b_;
  const int64_t m_, n_, k_;
  T* const c_;
  const int64_t c_stride_;
  const bool accumulate_;
  const T* const start_;
  const bool threads_ = m_ * n_ * k_ >= least_parallel_products;
  const int64_t blocks_ = std::max<int64_t>(1, (k_ + most_depth - 1) / most_depth);
  const PanelCut<T> cut_{n_};
  const int64_t widest_ = cut_.widest();
};

}  // namespace

template <class T>
void gemm(Trans trans_a, Trans trans_b, int64_t m, int64_t n, int64_t k, const T* a,
          int64_t a_stride, const T* b, int64_t b_stride, T* c, int64_t c_stride, bool accumulate,
          const T* start) {
  if (m == 0 || n == 0) return;
  const auto turned = [](Trans t) { return t == Trans::yes ? Trans::no : Trans::yes; };
  if (n == 1 && c_stride == 1 && m > 1) {  // one column: the row of Cᵀ = op(B)ᵀ · op(A)ᵀ
    if (start && !accumulate) std::fill_n(c, m, *start);
    return row_by_row<T>({b, b_stride, turned(trans_b)}, {a, a_stride, turned(trans_a)}, 1, m, k, c,
                         m, accumulate || start, nullptr);
  }
  if (m == 1 || (k == 1 && trans_b == Trans::no))
    return row_by_row<T>({a, a_stride, trans_a}, {b, b_stride, trans_b}, m, n, k, c, c_stride,
                         accumulate, start);
  Gemm<T>({a, a_stride, trans_a}, {b, b_stride, trans_b}, m, n, k, c, c_stride, accumulate, start)
      .run();
}

template void gemm(Trans, Trans, int64_t, int64_t, int64_t, const float*, int64_t, const float*,
                   int64_t, float*, int64_t, bool, const float*);
template void gemm(Trans, Trans, int64_t, int64_t, int64_t, const double*, int64_t, const double*,
                   int64_t, double*, int64_t, bool, const double*);

}  // namespace sluice
