#include "sluice/forecast/encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {
namespace {

std::vector<std::string> with_scale(std::vector<std::string> names, const std::string& scale) {
  if (scale != "none") names.push_back(scale);
  return names;
}

SeriesPlace place_of(const Series& series, const std::string& column) {
  return {series.frame.source, column, series.frame.row_numbers};
}

// The numbers of tensor [N, …] as N rows of doubles appended to each row of the matrix.
void append(Matrix& matrix, const Tensor& tensor, int64_t per_row, int64_t offset) {
  const int64_t stride = tensor.numel() / std::max<int64_t>(matrix.rows, 1);
  dispatch(tensor.dtype(), [&](auto zero) {
    const auto* from = tensor.data<decltype(zero)>();
    for (int64_t i = 0; i < matrix.rows; ++i)
      for (int64_t j = 0; j < per_row; ++j)
        matrix.values[static_cast<size_t>(i * matrix.columns + offset + j)] =
            static_cast<double>(from[i * stride + j]);
  });
}

}  // namespace

// The transformed columns, and the view of them that windows are cut from.
struct Encoder::Encoded {
  std::vector<double> target;
  std::vector<std::vector<double>> past;
  WindowSource source;
};

Encoder::Encoder(EncoderOptions options) : options_(std::move(options)) {
  const TransformOptions season{.season = options_.season};
  target_ = TransformChain(with_scale(options_.transform, options_.scale), season);
  if (options_.same_step && target_.relative())
    fail_config("config.transform", "transform",
                "last_value has no meaning where the target stands in the row of the inputs",
                "leave last_value out, or set target_at=next");
}

void Encoder::fit(const Series& training) {
  target_.fit(training.values(), place_of(training, training.target));
  past_.clear();
  for (const std::string& name : training.past) {
    past_.emplace_back(with_scale({}, options_.scale), TransformOptions{});
    past_.back().fit(training.frame.numbers(name, "past"), place_of(training, name));
  }
}

Encoder::Encoded Encoder::encode(const Series& rows, bool with_target) const {
  Encoded encoded;
  encoded.target = with_target ? target_.apply(rows.values(), place_of(rows, rows.target))
                               : std::vector<double>(static_cast<size_t>(rows.rows()), 0.0);
  for (size_t i = 0; i < past_.size(); ++i) {
    const std::string& name = rows.past.at(i);
    encoded.past.push_back(past_[i].apply(rows.frame.numbers(name, "past"), place_of(rows, name)));
  }
  WindowSource& source = encoded.source;
  source.target = {encoded.target, target_.relative()};
  for (const std::vector<double>& column : encoded.past) source.past.push_back({column, false});
  source.target_as_input = !options_.same_step;
  source.calendar = options_.calendar;
  source.time = rows.frame.time;
  source.frequency = rows.frame.frequency;
  source.name = rows.frame.source;
  return encoded;
}

WindowOptions Encoder::window_options() const {
  WindowOptions window;
  window.lookback = options_.lookback;
  window.horizon = options_.horizon;
  window.step = options_.window_step;
  window.lookback_as_features = options_.lookback_as_features;
  window.same_step = options_.same_step;
  window.whole_series = options_.whole_series;
  window.dtype = options_.dtype;
  return window;
}

WindowSet Encoder::windows(const Series& rows, int64_t target_begin, int64_t target_end) const {
  const Encoded encoded = encode(rows, true);
  WindowOptions window = window_options();
  window.target_begin = target_begin;
  window.target_end = target_end;
  return make_windows(encoded.source, window);
}

WindowSet Encoder::last_window(const Series& rows) const {
  const Encoded encoded = encode(rows, !options_.same_step);
  return forecast_window(encoded.source, window_options(), rows.rows() - 1);
}

Tensor Encoder::sequence(const Series& rows) const {
  const Encoded encoded = encode(rows, !options_.same_step);
  WindowOptions window = window_options();
  window.whole_series = false;
  const int64_t first = rows_needed() - 1, steps = rows.rows() - first;
  if (steps < 1)
    fail_data("data.too_short", rows.frame.source,
              "there are " + std::to_string(rows.rows()) + " rows, the model needs " +
                  std::to_string(rows_needed()),
              "give it more of the past");
  Tensor result = Tensor::uninitialized({1, steps, step_size()}, options_.dtype);
  for (int64_t i = 0; i < steps; ++i) {
    const Tensor step = forecast_window(encoded.source, window, first + i).x;
    dispatch(options_.dtype, [&](auto zero) {
      using T = decltype(zero);
      std::copy_n(step.data<T>(), step_size(), result.data<T>() + i * step_size());
    });
  }
  return result;
}

std::vector<double> Encoder::decode(std::span<const double> history,
                                    std::span<const double> forecast) const {
  return target_.invert(history, forecast);
}

int Encoder::step_size() const {
  const int columns = static_cast<int>(past_.size()) + (options_.same_step ? 0 : 1);
  return options_.lookback_as_features ? columns * options_.lookback : columns;
}

int64_t Encoder::rows_needed() const { return target_.warmup() + options_.lookback; }

std::vector<std::vector<SavedTransform>> Encoder::save() const {
  std::vector<std::vector<SavedTransform>> saved = {target_.save()};
  for (const TransformChain& chain : past_) saved.push_back(chain.save());
  return saved;
}

void Encoder::load(const std::vector<std::vector<SavedTransform>>& saved) {
  if (saved.empty())
    fail_data("model.transform", "model", "the model file holds no transforms", "fit it again");
  target_ = TransformChain::load(saved.front());
  past_.clear();
  for (size_t i = 1; i < saved.size(); ++i) past_.push_back(TransformChain::load(saved[i]));
}

Matrix flat_inputs(const WindowSet& windows) {
  Matrix matrix{windows.size(), 0, {}};
  const int64_t inputs = windows.x.numel() / std::max<int64_t>(windows.size(), 1);
  const int64_t known = windows.known.defined() ? windows.known.size(-1) : 0;
  matrix.columns = inputs + known;
  matrix.values.resize(static_cast<size_t>(matrix.rows * matrix.columns));
  append(matrix, windows.x, inputs, 0);
  if (known > 0) append(matrix, windows.known, known, inputs);
  return matrix;
}

Matrix targets(const WindowSet& windows) {
  Matrix matrix{windows.size(), windows.y.size(-1), {}};
  matrix.values.resize(static_cast<size_t>(matrix.rows * matrix.columns));
  append(matrix, windows.y, matrix.columns, 0);
  return matrix;
}

}  // namespace sluice
