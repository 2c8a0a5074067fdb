// The parts that the table of layers is put together from. Not a public header.
#pragma once

#include <vector>

#include "sluice/layers/registry.h"

namespace sluice {

using LayerRow = RegistryRow<LayerFactory>;

std::vector<LayerRow> activation_rows();
std::vector<LayerRow> attention_rows();
std::vector<LayerRow> vector_rows();  ///< embedding and norms: by the numbers of a step
std::vector<LayerRow> window_rows();  ///< convolution and pooling over the steps

}  // namespace sluice
