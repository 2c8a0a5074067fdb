#include "sluice/train/loader.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {

Loader::Loader(Dataset data, const LoaderOptions& options, uint64_t seed)
    : data_(std::move(data)), options_(options), generator_(seed) {
  check_dataset(data_, "data of the loader");
  if (options_.batch_size < 1)
    fail_config("train.options", "batch_size", "it must be at least 1",
                "write for example batch_size: 32");
  order_.resize(static_cast<size_t>(data_.size()));
  std::iota(order_.begin(), order_.end(), int64_t{0});
}

int64_t Loader::size() const {
  const int64_t width = options_.batch_size;
  return (data_.size() + (options_.drop_last ? 0 : width - 1)) / width;
}

void Loader::begin_epoch() {
  position_ = 0;
  if (!options_.shuffle) return;
  generator_.next64();  // what DataLoader draws as the seed of its workers
  generator_.permutation(order_);
}

bool Loader::next() {
  if (position_ < 0)
    begin_epoch();
  else
    ++position_;
  if (position_ >= size()) {
    position_ = -1;
    // DataLoader's sampler ends with a permutation of which it takes nothing.
    std::vector<int64_t> unused(options_.shuffle ? order_.size() : 0);
    generator_.permutation(unused);
    return false;
  }
  batch_.gather(data_, rows());
  return true;
}

std::span<const int64_t> Loader::rows() const {
  if (position_ < 0) return {};
  const int64_t begin = position_ * options_.batch_size;
  const int64_t count = std::min<int64_t>(options_.batch_size, data_.size() - begin);
  return std::span(order_).subspan(static_cast<size_t>(begin), static_cast<size_t>(count));
}

}  // namespace sluice
