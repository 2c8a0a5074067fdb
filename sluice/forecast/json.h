// Numbers as JSON carries them: NaN and infinity, which it has no words for, become null.
// Not a public header: it names a library that only our own sources need.
#pragma once

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sluice/base/error.h"

namespace sluice {

using Json = nlohmann::ordered_json;

inline Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

inline Json json_numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (double value : values) list.push_back(json_number(value));
  return list;
}

inline double number_from(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

inline std::vector<double> numbers_from(const Json& list) {
  std::vector<double> values;
  for (const Json& value : list) values.push_back(number_from(value));
  return values;
}

/// Runs read(json) on a text of a model file; whatever does not fit is one Error "model.corrupt".
template <class Read>
auto read_model_json(const std::string& text, const std::string& path, const std::string& what,
                     Read&& read) {
  try {
    return read(Json::parse(text));
  } catch (const Json::exception&) {
    fail_data("model.corrupt", path, "the " + what + " in the model file cannot be read",
              "the file was written by something else or damaged; fit the model again");
  }
}

}  // namespace sluice
