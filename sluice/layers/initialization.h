// First values of parameters, as PyTorch and Keras draw them.
#pragma once

#include <span>
#include <string>

#include "sluice/base/random.h"
#include "sluice/base/registry.h"
#include "sluice/tensor/tensor.h"

namespace sluice {

/// Numbers that feed an output, and outputs that a number feeds.
struct Fans {
  int64_t in = 1, out = 1;
};

/// U(−bound, bound), in the order of the elements, as Tensor.uniform_.
void fill_uniform(Tensor& tensor, double bound, Generator& generator);
/// N(0, sd²), as Tensor.normal_.
void fill_normal(Tensor& tensor, double sd, Generator& generator);
/// PyTorch's kaiming_uniform_(a=√5), the default of its dense layers: bound 1/√fan_in.
void fill_kaiming_uniform(Tensor& tensor, Fans fans, Generator& generator);
/// Keras' glorot_uniform (PyTorch's xavier_uniform_): bound √(6 / (fan_in + fan_out)).
void fill_glorot_uniform(Tensor& tensor, Fans fans, Generator& generator);
/// A [R,C] matrix with orthonormal rows (R <= C) or columns, as PyTorch's orthogonal_.
void fill_orthogonal(Tensor& matrix, Generator& generator);

/// How the weight and the bias of a dense layer or a convolution start: "pytorch", both
/// U(±1/√fan_in), the weight first; "keras", glorot_uniform and 0; "zeros". `where` is the option.
struct FirstValues {
  std::string name, where;
};
/// An undefined bias is left out. Throws Error "config.choice" for another name.
void fill_weight_and_bias(Tensor& weight, Tensor& bias, Fans fans, const FirstValues& values,
                          Generator& generator);

using InitializationFunction = void (*)(Tensor& tensor, Fans fans, Generator& generator);

/// Initialisations by name: zeros, ones, uniform, kaiming_uniform, glorot_uniform, orthogonal, …
std::span<const RegistryRow<InitializationFunction>> initialization_registry();
/// Fills `tensor` by the named rule; throws Error "config.unknown_initialization".
void initialize(Tensor& tensor, const std::string& name, Fans fans, Generator& generator);

}  // namespace sluice
