// Layers by name: one table for recipes, files, help and documents.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "sluice/base/options.h"
#include "sluice/base/random.h"
#include "sluice/base/registry.h"
#include "sluice/layers/module.h"

namespace sluice {

using LayerFactory = std::unique_ptr<Module> (*)(const std::string& name, const Options& options,
                                                 int input_size, Generator& generator);

std::span<const RegistryRow<LayerFactory>> layer_registry();

/// A layer for inputs of last-axis size `input_size`, its parameters drawn from `generator`.
/// Throws Error "config.unknown_layer" or "config.unknown_key" with the nearest name.
std::unique_ptr<Module> make_layer(const std::string& name, const Options& options, int input_size,
                                   Generator& generator);

}  // namespace sluice
