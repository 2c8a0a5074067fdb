#include "sluice/layers/parameter.h"

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
