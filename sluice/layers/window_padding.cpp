#include "sluice/layers/window_padding.h"

#include <algorithm>
#include <charconv>

#include "sluice/base/error.h"
#include "sluice/layers/own_steps.h"

namespace sluice {

WindowPadding::WindowPadding(int steps) : steps_(steps) {
  if (steps < 0)
    fail_config("layer.padding", "padding",
                "the padding must not be negative, not " + std::to_string(steps),
                "write 0 or more steps, or one of valid, same, causal");
}

WindowPadding::WindowPadding(const char* word) : WindowPadding(std::string(word)) {}

WindowPadding::WindowPadding(const std::string& word) {
  int steps = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), steps);
  if (error == std::errc() && end == word.data() + word.size()) {
    *this = WindowPadding(steps);
    return;
  }
  if (word != "valid" && word != "same" && word != "causal")
    fail_config("config.choice", "padding",
                "\"" + word + "\" is not a number of steps nor one of valid, same, causal",
                suggest(word, {"valid", "same", "causal"}));
  word_ = word == "valid" ? "" : word;
}

WindowAxis WindowPadding::around(WindowAxis time) const {
  time.before = time.after = steps_;
  if (word_ == "causal") time.before = time.span() - 1;
  if (word_ == "same") {
    const int64_t windows = (time.size + time.stride - 1) / time.stride;
    const int64_t all = std::max<int64_t>(0, (windows - 1) * time.stride + time.span() - time.size);
    time.before = all / 2;
    time.after = all - time.before;
  }
  return time;
}

Variable padding_as_zeros(const Variable& x, const Padding& padding, const WindowAxis& time,
                          const std::string& layer) {
  if (padding.lengths.empty()) return x;
  if (time.stride != 1 || time.count() != time.size)
    fail_config("layer.padding", layer,
                "rows of unequal length would have other lengths behind this layer",
                "use stride 1 with padding same or causal, or rows of one length");
  return OwnSteps(x.shape(), true, padding).without_padding(x);
}

}  // namespace sluice
