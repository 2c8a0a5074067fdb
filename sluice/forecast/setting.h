// A value as it stands in a recipe or behind `key=` on the command line, before it has a type.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// Text, a list or a map, with the place it was read from ("airline.yaml:7").
struct Setting {
  enum class Kind { empty, text, list, map };
  Kind kind = Kind::empty;
  std::string text;
  std::vector<Setting> items;     ///< of a list, or the values of a map
  std::vector<std::string> keys;  ///< of a map, one for each item
  std::string where;

  /// How it looks in a message: "twelve", [a, b], {a: 1}.
  std::string describe() const;
};

/// The keys of a YAML file in their order. Throws Error "recipe.read" (no such file),
/// "recipe.yaml" (not YAML, names the line), "recipe.not_a_map" or "recipe.duplicate_key".
std::vector<std::pair<std::string, Setting>> read_settings_file(const std::string& path);

/// The same for text; `name` stands for the file in messages.
std::vector<std::pair<std::string, Setting>> read_settings(const std::string& text,
                                                           const std::string& name);

/// One `key=value` of the command line; the value may be YAML: `transform=[log,difference]`.
/// Throws Error "recipe.argument" if there is no `=` or no key.
std::pair<std::string, Setting> read_argument(const std::string& argument);

}  // namespace sluice
