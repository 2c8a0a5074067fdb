// Series cut into windows: what a network sees, and what it should say.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sluice/data/calendar_feature.h"
#include "sluice/tensor/tensor.h"

namespace sluice {

/// One series of a window, already transformed.
struct WindowColumn {
  std::span<const double> values;
  bool relative = false;  ///< take every window relative to its last known value
};

/// What windows are cut from. All columns have the same length; rows before the first at which all
/// of them are known (a transform's warm-up, NaN) are not used.
struct WindowSource {
  WindowColumn target;
  std::vector<WindowColumn> past;         ///< covariates known up to the origin
  bool target_as_input = true;            ///< the target's own past is the first input
  std::vector<CalendarFeature> calendar;  ///< of the target's dates; needs `time`
  std::span<const Timestamp> time;        ///< of every row
  Frequency frequency;                    ///< dates the steps beyond the last row
  std::string name;                       ///< file, for messages
};

enum class CalendarPlacement {
  separate,  ///< only in WindowSet::known
  inputs     ///< also in x: each step gets the features of the date `horizon` steps later; with
             ///< lookback as features the whole horizon's features follow the values
};

struct WindowOptions {
  int lookback = 12;
  int horizon = 1;
  int step = 1;                       ///< rows between the origins of neighbouring windows
  bool lookback_as_features = false;  ///< x [N,1,L·F] (step by step, column by column) for [N,L,F]
  bool same_step = false;     ///< the target of the last input rows (horizon of them), not of
                              ///< those that follow; the target is then no input
  bool whole_series = false;  ///< one sequence: x [1,N,L·F], y [1,N,H]
  CalendarPlacement calendar = CalendarPlacement::separate;
  int64_t input_begin = 0;   ///< no input before this row
  int64_t target_begin = 0;  ///< every target row is at or after this …
  int64_t target_end = -1;   ///< … and before this (-1: the end)
  DType dtype = DType::f32;
};

/// N windows, oldest first.
struct WindowSet {
  Tensor x;                     ///< [N,L,F], see WindowOptions
  Tensor y;                     ///< [N,H]
  Tensor known;                 ///< [N,H,K] calendar features of the target dates, if any
  std::vector<int64_t> origin;  ///< row of the last known value of each window
  std::vector<double> base;     ///< [N] what relative targets were taken relative to, else 0
  int64_t size() const { return static_cast<int64_t>(origin.size()); }
};

/// Throws Error "data.too_short" with the numbers where not one window fits, "config.window" for
/// options that contradict each other.
WindowSet make_windows(const WindowSource& source, const WindowOptions& options);
/// The input of the window whose last known row is `origin` (the targets may lie beyond the end):
/// x and known as in make_windows() with N = 1, y undefined.
WindowSet forecast_window(const WindowSource& source, const WindowOptions& options, int64_t origin);
/// Numbers each step of x holds (F, or L·F with lookback as features, calendar included).
int window_features(const WindowSource& source, const WindowOptions& options);

}  // namespace sluice
