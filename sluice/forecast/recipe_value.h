// Between a recipe's settings and C++ types: one read and one write for each type a key may have.
#pragma once

#include <string>

#include "sluice/forecast/recipe.h"

namespace sluice::recipe_value {

/// What the docs call the type of a key.
std::string type_name(const std::string&);
std::string type_name(int);
std::string type_name(int64_t);
std::string type_name(double);
std::string type_name(bool);
std::string type_name(const std::vector<std::string>&);
std::string type_name(const Portion&);
std::string type_name(const NamedOptions&);
std::string type_name(const ModelChoice&);
std::string type_name(const RateTable&);
std::string type_name(const TransformChoice&);
std::string type_name(const ParameterTable&);
std::string type_name(const DerivedColumns&);

/// Converts, or throws Error "recipe.value" that names the place, the key and what was expected.
void read(const Setting& setting, const std::string& key, std::string& out);
void read(const Setting& setting, const std::string& key, int& out);
void read(const Setting& setting, const std::string& key, int64_t& out);
void read(const Setting& setting, const std::string& key, double& out);
void read(const Setting& setting, const std::string& key, bool& out);
void read(const Setting& setting, const std::string& key, std::vector<std::string>& out);
void read(const Setting& setting, const std::string& key, Portion& out);
void read(const Setting& setting, const std::string& key, NamedOptions& out);
void read(const Setting& setting, const std::string& key, ModelChoice& out);
void read(const Setting& setting, const std::string& key, RateTable& out);
void read(const Setting& setting, const std::string& key, TransformChoice& out);
void read(const Setting& setting, const std::string& key, ParameterTable& out);
void read(const Setting& setting, const std::string& key, DerivedColumns& out);

/// As YAML that read() understands.
std::string write(const std::string& value);
std::string write(int value);
std::string write(int64_t value);
std::string write(double value);
std::string write(bool value);
std::string write(const std::vector<std::string>& value);
std::string write(const Portion& value);
std::string write(const NamedOptions& value);
std::string write(const ModelChoice& value);
std::string write(const RateTable& value);
std::string write(const TransformChoice& value);
std::string write(const ParameterTable& value);
std::string write(const DerivedColumns& value);

[[noreturn]] void refuse(const Setting& setting, const std::string& key,
                         const std::string& expected, const std::string& example);

}  // namespace sluice::recipe_value
