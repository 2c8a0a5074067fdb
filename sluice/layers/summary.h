// A model as a table: layers, shapes, numbers of parameters.
#pragma once

#include <string>

#include "sluice/layers/module.h"

namespace sluice {

/// What Keras' summary() prints of a model that takes batches of shape `input` ([B,T,I], whatever
/// B): a line for each of its layers with its type, the shape of its result with None for the
/// batch, and its parameters; then how many are trained. A layer that the model does not call as a
/// function, `layer(x)`, has the shape "?". Leaves no trace in the model.
std::string summary(Module& model, const Shape& input);

}  // namespace sluice
