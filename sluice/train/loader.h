// A dataset in batches, for loops of one's own.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/train/batch.h"

namespace sluice {

/// As the arguments of PyTorch's DataLoader.
struct LoaderOptions {
  int batch_size = 1;
  bool shuffle = false;    ///< a new order every epoch
  bool drop_last = false;  ///< leave out a last batch that is short
};

/// Batches of a dataset, epoch after epoch:
///   while (loader.next()) use(loader.batch().x(), loader.batch().y());
/// The order is that of DataLoader(…, shuffle=True, generator=g) with g seeded alike.
class Loader {
 public:
  /// Throws Error "train.data" as the Trainer, "train.options" for a batch_size below 1.
  Loader(Dataset data, const LoaderOptions& options, uint64_t seed = 0);

  /// Batches of one epoch, len(loader): rounded up, or down with drop_last.
  int64_t size() const;
  /// Moves to the next batch; false at the end of an epoch, after which another begins.
  bool next();
  const Batch& batch() const { return batch_; }
  /// Rows of the dataset that the batch holds.
  std::span<const int64_t> rows() const;

 private:
  void begin_epoch();

  Dataset data_;
  LoaderOptions options_;
  Generator generator_;
  std::vector<int64_t> order_;
  int64_t position_ = -1;  // of the batch within the epoch; -1 between epochs
  Batch batch_;
};

}  // namespace sluice
