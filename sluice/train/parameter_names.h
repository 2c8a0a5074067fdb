// Parameters chosen by their names, whatever the layout in which layers hold their numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/layers/module.h"

namespace sluice {

/// Whether a name means a parameter: where its words stand side by side in the parameter's name,
/// words being what '.' and '_' part. "weight_hh" means weight_hh_l0 and 0.weight_hh_l1_reverse,
/// "bias" all biases, "0" the first layer; "" means all.
bool means_parameter(const std::string& name, const std::string& parameter);

/// Throws Error `id` for a name that means no tensor of the model's state; `where` is the option
/// that the sentence begins with.
void check_parameter_name(const std::string& id, const std::string& where, const std::string& name,
                          const NamedTensors& state);

/// One tensor for each of model.parameters(), in its shape and layout: at every place the number of
/// the state's tensor that it belongs to, 0 where it belongs to none. The model itself puts the
/// numbers there, so its parameters hold them until `state` is loaded again.
std::vector<Tensor> numbers_by_name(Module& model, const NamedTensors& state,
                                    const std::function<double(const std::string& name)>& number);

}  // namespace sluice
