// Hooks into training.
#pragma once

#include <cstdint>

namespace sluice {

class Trainer;

/// Where training stands. Losses that do not exist yet are NaN.
struct TrainProgress {
  int epoch = 0;   ///< from 0
  int epochs = 0;  ///< planned
  int64_t batch = 0, batches = 0;
  double loss = 0, val_loss = 0;
  double learning_rate = 0;
  double seconds = 0;  ///< since fit() began
};

class Callback {
 public:
  virtual ~Callback() = default;
  virtual void on_train_begin(Trainer&, const TrainProgress&) {}
  virtual void on_batch_end(Trainer&, const TrainProgress&) {}
  /// False ends training after this epoch.
  virtual bool on_epoch_end(Trainer&, const TrainProgress&) { return true; }
  virtual void on_train_end(Trainer&, const TrainProgress&) {}
};

}  // namespace sluice
