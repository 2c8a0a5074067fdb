// Clipping one tensor of the neutral state at a time.
#include <algorithm>
#include <cmath>

#include "sluice/train/clip.h"

namespace sluice {

ParameterClip::ParameterClip(Module& model) : parameters_(model.parameters()) {
  const NamedTensors state = model.state();
  NamedTensors numbered;
  for (const auto& [name, tensor] : state)
    numbered.emplace_back(
        name,
        Tensor::full(tensor.shape(), static_cast<double>(numbered.size() + 1), tensor.dtype()));
  model.load_state(numbered);
  for (const Variable& parameter : parameters_) {
    auto& owners = owners_.emplace_back();
    for (int64_t i = 0; i < parameter.value().numel(); ++i)
      owners.push_back(static_cast<uint32_t>(parameter.value().item(i)));
  }
  model.load_state(state);
  squares_.resize(state.size() + 1);
  factors_.resize(state.size() + 1);
}

void ParameterClip::operator()(double longest) {
  const auto for_gradients = [this](auto&& body) {
    for (size_t i = 0; i < parameters_.size(); ++i) {
      if (!parameters_[i].grad().defined()) continue;
      Tensor& grad = parameters_[i].grad_buffer();
      dispatch(grad.dtype(), [&](auto zero) {
        const auto values = grad.values<decltype(zero)>();
        for (size_t k = 0; k < values.size(); ++k) body(values[k], owners_[i][k]);
      });
    }
  };
  std::fill(squares_.begin(), squares_.end(), 0.0);
  for_gradients([this](auto value, uint32_t owner) {
    squares_[owner] += static_cast<double>(value) * static_cast<double>(value);
  });
  for (size_t k = 0; k < squares_.size(); ++k)
    factors_[k] = longest / std::max(std::sqrt(squares_[k]), longest);
  for_gradients([this](auto& value, uint32_t owner) {
    value *= static_cast<std::remove_reference_t<decltype(value)>>(factors_[owner]);
  });
}

}  // namespace sluice
