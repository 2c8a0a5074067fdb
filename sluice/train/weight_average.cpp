#include "sluice/train/weight_average.h"

#include <algorithm>
#include <utility>

#include "sluice/tensor/chunk.h"

namespace sluice {

WeightAverage::WeightAverage(std::vector<Variable> parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {}

void WeightAverage::take() {
  averages_.clear();
  for (const Variable& parameter : parameters_) averages_.push_back(parameter.value().clone());
}

void WeightAverage::update() {
  if (averages_.empty()) return take();
  for (size_t i = 0; i < parameters_.size(); ++i)
    dispatch(averages_[i].dtype(), [&](auto zero) {
      using T = decltype(zero);
      T* const average = averages_[i].data<T>();
      const T* const value = std::as_const(parameters_[i]).value().template data<T>();
      const T fresh = static_cast<T>(1 - decay_);
      for_chunks(averages_[i].numel(), [=](int64_t begin, int64_t end) {
        for (int64_t k = begin; k < end; ++k) average[k] += fresh * (value[k] - average[k]);
      });
    });
}

void WeightAverage::swap() {
  for (size_t i = 0; i < averages_.size(); ++i)
    dispatch(averages_[i].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto average = averages_[i].values<T>();
      std::swap_ranges(average.begin(), average.end(), parameters_[i].value().template data<T>());
    });
}

}  // namespace sluice
