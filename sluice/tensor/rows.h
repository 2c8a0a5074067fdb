// Rows of numbers: multiplied, added, put where they belong.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

/// Two of them and what is made of both; rows lie the strides apart (0: one for all of them). What
/// is written may be one of those read.
template <class T>
struct RowPairs {
  const T* x;
  ptrdiff_t x_stride;
  const T* y;
  ptrdiff_t y_stride;
  T* to;
  ptrdiff_t to_stride;
  int rows;
  int64_t columns;
  bool add = false;  ///< to what is there already
};

/// to[r][i] = x[r][i] · y[r][i], or plus that.
void multiply_rows(const RowPairs<float>& rows);
void multiply_rows(const RowPairs<double>& rows);
/// to[r][i] = x[r][i] + y[r][i].
void add_rows(const RowPairs<float>& rows);
void add_rows(const RowPairs<double>& rows);

/// to + at[r] receives `columns` numbers of from + r * from_row, or zeros where `from` is null.
template <class T>
struct PutRows {
  const T* from;
  ptrdiff_t from_row;
  T* to;
  const ptrdiff_t* at;
  int rows;
  int64_t columns;
  bool past_caches;  ///< see stays_in_caches(); fence_rows() before another thread reads them
};

/// Whether a tensor of so many bytes will still be in the caches when it is read. What will not is
/// written past them: a line need not be fetched before it is overwritten.
constexpr bool stays_in_caches(int64_t bytes) { return bytes < int64_t{16} << 20; }

void put_rows(const PutRows<float>& rows);
void put_rows(const PutRows<double>& rows);
/// Orders what a thread has put past the caches before what it writes from now on.
void fence_rows();

}  // namespace sluice
