#include "sluice/layers/parameter.h"

#include <algorithm>

#include "sluice/base/error.h"

namespace sluice {

const Tensor& find_tensor(const NamedTensors& state, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, tensor] : state) {
    if (known == name) return tensor;
    names.push_back(known);
  }
  fail_config("layer.state", name, "the state has no tensor of this name", suggest(name, names));
}

void refuse_strangers(const NamedTensors& state, const NamedTensors& own) {
  for (const auto& [name, tensor] : state) {
    const auto same = [&name](const auto& known) { return known.first == name; };
    if (std::none_of(own.begin(), own.end(), same))
      fail_config("layer.state", name, "the layer has no tensor of this name",
                  "load it into a layer of the same kind, layers, directions and biases");
  }
}

void load_parameter(Variable& parameter, const NamedTensors& state, const std::string& name) {
  const Tensor& given = find_tensor(state, name);
  if (!(given.shape() == parameter.shape()))
    fail_config("layer.state", name,
                "the state has shape " + given.shape().to_string() + ", the layer " +
                    parameter.shape().to_string(),
                "load it into a layer of the same sizes");
  parameter.value().copy_from(given.to(parameter.dtype()));
}

void convert_parameter(Variable& parameter, DType dtype) {
  if (parameter.dtype() == dtype) return;
  parameter.value() = parameter.value().to(dtype);
  parameter.grad() = Tensor();
}

Tensor gradient_of(const Variable& parameter) {
  return parameter.grad().defined() ? parameter.grad().clone()
                                    : Tensor(parameter.shape(), parameter.dtype());
}

}  // namespace sluice
