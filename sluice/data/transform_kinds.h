// The makers of every transform, for the registry in transform.cpp.
#pragma once

#include <memory>
#include <string>

#include "sluice/data/transform.h"

namespace sluice {

using SavedNumbers = std::vector<std::pair<std::string, double>>;

std::unique_ptr<Transform> make_none(const TransformOptions& options);
std::unique_ptr<Transform> make_log(const TransformOptions& options);
std::unique_ptr<Transform> make_difference(const TransformOptions& options);
std::unique_ptr<Transform> make_seasonal_difference(const TransformOptions& options);
std::unique_ptr<Transform> make_seasonal_ratio(const TransformOptions& options);
std::unique_ptr<Transform> make_last_value(const TransformOptions& options);
std::unique_ptr<Transform> make_minmax(const TransformOptions& options);
std::unique_ptr<Transform> make_standard(const TransformOptions& options);

/// The number called `name`; throws Error "model.transform" if it is missing or more than
/// `expected` numbers are there.
double saved_number(const SavedNumbers& numbers, const std::string& name, size_t expected,
                    const char* transform);

}  // namespace sluice
