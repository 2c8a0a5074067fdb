// What layers do with their parameters besides computing: read them from a state, convert them.
#pragma once

#include <string>

#include "sluice/layers/module.h"

namespace sluice {

/// The tensor of this name; throws Error "layer.state" if there is none.
const Tensor& find_tensor(const NamedTensors& state, const std::string& name);
/// Throws Error "layer.state" where the state has a tensor that the layer's `own` has not: weights
/// of another layer would otherwise be left out without a word.
void refuse_strangers(const NamedTensors& state, const NamedTensors& own);
/// Copies the tensor of this name into the parameter, converting its type. Throws Error
/// "layer.state" for a missing name or another shape.
void load_parameter(Variable& parameter, const NamedTensors& state, const std::string& name);
/// Converts the value in place; its gradient is given up.
void convert_parameter(Variable& parameter, DType dtype);
/// A copy of the gradient, or zeros where nothing flowed.
Tensor gradient_of(const Variable& parameter);

}  // namespace sluice
