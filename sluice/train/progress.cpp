#include "sluice/train/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sluice {

namespace {

constexpr double seconds_between_bars = 0.1, seconds_between_lines = 1.0;
constexpr int bar_width = 16;  // so that a line fits 80 columns

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// Share of all the work that is done.
double share_done(const TrainProgress& progress) {
  const double in_epoch = progress.batches > 0 ? static_cast<double>(progress.batch) /
                                                     static_cast<double>(progress.batches)
                                               : 1.0;
  return std::clamp((progress.epoch + in_epoch) / std::max(1, progress.epochs), 0.0, 1.0);
}

std::string bar_text(double share) {
  const int filled = static_cast<int>(share * bar_width);
  std::string bar = "[" + std::string(static_cast<size_t>(filled), '=');
  if (filled < bar_width)
    bar += ">" + std::string(static_cast<size_t>(bar_width - filled - 1), '.');
  return bar + "]";
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  char text[40];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  return text;
}

std::string epoch_text(const TrainProgress& progress) {
  return "Epoch " + std::to_string(progress.epoch + 1) + "/" + std::to_string(progress.epochs);
}

std::string loss_text(const TrainProgress& progress) {
  std::string text = "loss: " + number_text(progress.loss);
  if (!std::isnan(progress.val_loss)) text += " - val_loss: " + number_text(progress.val_loss);
  return text;
}

std::string metrics_text(const History& history) {
  std::string text;
  for (const MetricHistory& metric : history.metrics) {
    if (!metric.train.empty())
      text += " - " + metric.name + ": " + number_text(metric.train.back());
    if (!metric.val.empty())
      text += " - val_" + metric.name + ": " + number_text(metric.val.back());
  }
  return text;
}

void ProgressPrinter::draw_bar(const TrainProgress& progress) {
  const double share = share_done(progress);
  const double left = share > 0 ? progress.seconds * (1 - share) / share : 0;
  std::string line = epoch_text(progress) + " " + bar_text(share) + " " + loss_text(progress) +
                     " - " + duration_text(left) + " left";
  const size_t length = line.size();
  if (length < drawn_) line.append(drawn_ - length, ' ');  // wipe what was longer before
  drawn_ = length;
  options_.output("\r" + line);
}

void ProgressPrinter::write_line(const Trainer& trainer, const TrainProgress& progress) {
  options_.output(epoch_text(progress) + " - " + duration_text(progress.seconds) + " - " +
                  loss_text(progress) + metrics_text(trainer.history()) +
                  " - learning_rate: " + number_text(progress.learning_rate) + "\n");
}

void ProgressPrinter::on_batch_end(Trainer&, const TrainProgress& progress) {
  if (options_.verbose != 1 || !options_.terminal || !options_.output) return;
  if (progress.seconds - last_shown_ < seconds_between_bars) return;
  last_shown_ = progress.seconds;
  draw_bar(progress);
}

bool ProgressPrinter::on_epoch_end(Trainer& trainer, const TrainProgress& progress) {
  if (options_.verbose <= 0 || !options_.output) return true;
  if (options_.verbose >= 2) {
    write_line(trainer, progress);
    return true;
  }
  const double pause = options_.terminal ? seconds_between_bars : seconds_between_lines;
  line_is_due_ = progress.seconds - last_shown_ < pause;
  if (line_is_due_ && last_shown_ >= 0) return true;
  line_is_due_ = false;
  last_shown_ = progress.seconds;
  if (options_.terminal)
    draw_bar(progress);
  else
    write_line(trainer, progress);
  return true;
}

void ProgressPrinter::on_train_end(Trainer& trainer, const TrainProgress& progress) {
  if (options_.verbose <= 0 || !options_.output) return;
  if (options_.verbose == 1 && options_.terminal) {
    draw_bar(progress);
    options_.output("\n");
  } else if (line_is_due_) {
    write_line(trainer, progress);
  }
  options_.output(trainer.history().ending + "\n");
}

}  // namespace sluice
