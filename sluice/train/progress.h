// Tells a person how training goes.
#pragma once

#include <string>

#include "sluice/train/callback.h"
#include "sluice/train/trainer.h"

namespace sluice {

/// Writes to options.output as options.verbose asks: 0 nothing; 1 a bar with loss and time left,
/// redrawn on a terminal, elsewhere a line now and then; 2 a line an epoch.
class ProgressPrinter : public Callback {
 public:
  explicit ProgressPrinter(const TrainOptions& options) : options_(options) {}

  void on_batch_end(Trainer& trainer, const TrainProgress& progress) override;
  bool on_epoch_end(Trainer& trainer, const TrainProgress& progress) override;
  void on_train_end(Trainer& trainer, const TrainProgress& progress) override;

 private:
  void draw_bar(const TrainProgress& progress);
  void write_line(const Trainer& trainer, const TrainProgress& progress);

  const TrainOptions& options_;
  double last_shown_ = -1;
  size_t drawn_ = 0;          // characters of the bar on the terminal
  bool line_is_due_ = false;  // the last epoch has not been shown
};

/// "Epoch 12/100", "loss: 0.0123 - val_loss: 0.0140", "1:05": parts of the lines.
std::string epoch_text(const TrainProgress& progress);
std::string loss_text(const TrainProgress& progress);
std::string metrics_text(const History& history);  // " - accuracy: 0.93 - val_accuracy: 0.91"
std::string duration_text(double seconds);

}  // namespace sluice
