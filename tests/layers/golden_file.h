// The golden files of tests/golden, and how near to them is near enough.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "sluice/io/safetensors.h"

namespace sluice::test {

inline const Safetensors& read_golden(const std::string& file) {
  static std::map<std::string, Safetensors> files;
  auto [at, fresh] = files.try_emplace(file);
  if (fresh)
    at->second =
        read_safetensors(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/" + file + ".safetensors");
  return at->second;
}

/// A case of a golden file; prints its name.
struct Golden {
  std::string file, name;
  friend void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }
};

inline std::vector<Golden> golden_cases(const std::vector<std::string>& files) {
  std::vector<Golden> cases;
  for (const std::string& file : files)
    for (const auto& name : nlohmann::json::parse(read_golden(file).metadata.at("cases")))
      cases.push_back({file, name});
  return cases;
}

/// The tensors of one case by part, and its description.
class GoldenTensors {
 public:
  explicit GoldenTensors(const Golden& golden)
      : name_(golden.name), file_(read_golden(golden.file)) {}

  nlohmann::json description() const { return nlohmann::json::parse(file_.metadata.at(name_)); }
  const Tensor* find(const std::string& part) const {
    for (const auto& [name, tensor] : file_.tensors)
      if (name == name_ + "/" + part) return &tensor;
    return nullptr;
  }
  const Tensor& get(const std::string& part) const {
    if (const Tensor* tensor = find(part)) return *tensor;
    throw std::runtime_error("no tensor " + name_ + "/" + part);
  }
  /// Tensors whose part starts with `prefix`, under the rest of their names.
  NamedTensors below(const std::string& prefix) const {
    NamedTensors found;
    const std::string start = name_ + "/" + prefix;
    for (const auto& [name, tensor] : file_.tensors)
      if (name.starts_with(start)) found.emplace_back(name.substr(start.size()), tensor);
    return found;
  }

  /// Largest deviation relative to the tensor's largest value: 1e-5 in float is about 80 units in
  /// the last place of that value (sums of a few hundred products, two orders of summation), 1e-10
  /// in double leaves as much room.
  void expect(const std::string& part, DType dtype, const Tensor& actual) const {
    const Tensor& wanted = get((dtype == DType::f32 ? "f32/" : "f64/") + part);
    ASSERT_TRUE(actual.defined()) << name_ << " " << part;
    ASSERT_EQ(actual.shape().to_string(), wanted.shape().to_string()) << name_ << " " << part;
    double largest = 0, deviation = 0;
    for (int64_t i = 0; i < wanted.numel(); ++i) {
      largest = std::max(largest, std::abs(wanted.item(i)));
      const double d = std::abs(wanted.item(i) - actual.item(i));
      deviation = std::isnan(d) ? d : std::max(deviation, d);
      if (std::isnan(d)) break;
    }
    EXPECT_LE(deviation, (dtype == DType::f32 ? 1e-5 : 1e-10) * largest) << name_ << " " << part;
  }

 private:
  const std::string name_;
  const Safetensors& file_;
};

}  // namespace sluice::test
