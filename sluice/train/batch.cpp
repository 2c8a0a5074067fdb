#include "sluice/train/batch.h"

#include <algorithm>
#include <string>

#include "sluice/base/error.h"

namespace sluice {

namespace {

template <class RowOf>
Tensor taken(const Tensor& all, int64_t count, RowOf&& row_of) {
  Shape shape = all.shape();
  shape.set(0, count);
  Tensor part = Tensor::uninitialized(shape, all.dtype());
  const int64_t width = all.numel() / all.size(0);
  dispatch(all.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = all.data<T>();
    T* const to = part.data<T>();
    for (int64_t i = 0; i < count; ++i)
      std::copy_n(from + row_of(i) * width, width, to + i * width);
  });
  return part;
}

}  // namespace

void check_dataset(const Dataset& data, const char* name) {
  if (data.size() == 0)
    fail_data("train.data", name, "there are no examples", "use more rows or a shorter lookback");
  if (!data.y.defined() || data.y.rank() == 0 || data.y.size(0) != data.size())
    fail_data("train.data", name,
              "inputs of shape " + data.x.shape().to_string() + " and targets of shape " +
                  (data.y.defined() ? data.y.shape().to_string() : "[]") +
                  " do not have the same number of examples",
              "give one target for each input");
  const size_t lengths = data.padding.lengths.size();
  if (lengths != 0 && lengths != static_cast<size_t>(data.size()))
    fail_data("train.data", name,
              std::to_string(lengths) + " lengths are given for " + std::to_string(data.size()) +
                  " examples",
              "give one length for each example");
}

template <class RowOf>
void Batch::take(const Dataset& data, int64_t count, RowOf&& row_of) {
  bool everything = count == data.size();
  for (int64_t i = 0; everything && i < count; ++i) everything = row_of(i) == i;
  x_ = everything ? data.x : taken(data.x, count, row_of);
  y_ = everything || !data.y.defined() ? data.y : taken(data.y, count, row_of);
  padding_.left = data.padding.left;
  padding_.lengths.clear();
  padding_.real.clear();
  if (data.padding.lengths.empty()) return;
  for (int64_t i = 0; i < count; ++i)
    padding_.lengths.push_back(data.padding.lengths[static_cast<size_t>(row_of(i))]);
  if (data.padding.real.empty()) return;
  const int64_t steps = static_cast<int64_t>(data.padding.real.size()) / data.size();
  for (int64_t i = 0; i < count; ++i) {
    const auto row = data.padding.real.begin() + row_of(i) * steps;
    padding_.real.insert(padding_.real.end(), row, row + steps);
  }
}

void Batch::gather(const Dataset& data, std::span<const int64_t> rows) {
  take(data, static_cast<int64_t>(rows.size()),
       [&](int64_t i) { return rows[static_cast<size_t>(i)]; });
}

void Batch::gather_range(const Dataset& data, int64_t begin, int64_t end) {
  take(data, end - begin, [=](int64_t i) { return begin + i; });
}

const Padding& Batch::target_padding() const {
  static const Padding none;
  const bool per_step = y_.rank() >= 3 && x_.rank() >= 2 && y_.size(1) == x_.size(1);
  return per_step ? padding_ : none;
}

}  // namespace sluice
