#include "sluice/train/clip_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/train/parameter_names.h"

namespace sluice {

WeightClips::WeightClips(Module& model, const std::vector<WeightClip>& clips) {
  if (clips.empty()) return;
  const NamedTensors state = model.state();
  for (const WeightClip& clip : clips) {
    const std::string where = clip.name.empty() ? "clip_weights" : "clip_weights." + clip.name;
    if (!(clip.largest > 0))
      fail_config("train.clip_weights", where, "the largest weight allowed must be above 0",
                  "write for example 1.03");
    check_parameter_name("train.clip_weights", where, clip.name, state);
  }
  constexpr double any = std::numeric_limits<double>::infinity();
  const std::vector<Tensor> largest = numbers_by_name(model, state, [&](const std::string& name) {
    double smallest = any;
    for (const WeightClip& clip : clips)
      if (means_parameter(clip.name, name)) smallest = std::min(smallest, clip.largest);
    return smallest;
  });
  model.load_state(state);
  const std::vector<Variable> parameters = model.parameters();
  for (size_t i = 0; i < parameters.size(); ++i) {
    bool bounded = false;  // a place of no tensor holds 0 and has the bound 0
    for (int64_t k = 0; k < largest[i].numel(); ++k)
      bounded = bounded || (largest[i].item(k) > 0 && largest[i].item(k) < any);
    if (bounded && parameters[i].requires_grad()) all_.push_back({parameters[i], largest[i]});
  }
}

void WeightClips::apply() const {
  for (const Bounds& bounds : all_) {
    Variable parameter = bounds.parameter;
    dispatch(bounds.largest.dtype(), [&](auto zero) {
      using T = decltype(zero);
      T* const values = parameter.value().data<T>();
      const T* const largest = bounds.largest.data<T>();
      for_chunks(bounds.largest.numel(), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T value = values[i], most = largest[i];
          values[i] = value > most ? most : (value < -most ? -most : value);
        }
      });
    });
  }
}

}  // namespace sluice
