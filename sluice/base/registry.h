// A registry is one table of rows: what exists under which name, what it takes and how it is made.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/base/error.h"

namespace sluice {

/// An option of a row, for help texts and documents.
struct OptionDoc {
  std::string name, initial, doc;
};

/// Make is a plain function type or anything else that makes the thing.
template <class Make>
struct RegistryRow {
  std::string name, doc;
  std::vector<OptionDoc> options;
  Make make;
};

/// The row of this name; throws Error "config.unknown_<kind>" with the nearest name.
template <class Make>
const RegistryRow<Make>& find_row(std::span<const RegistryRow<Make>> rows, const std::string& name,
                                  const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& row : rows) {
    if (row.name == name) return row;
    names.push_back(row.name);
  }
  std::string hint = suggest(name, names);
  if (hint.empty()) {
    hint = "the known ones are";
    for (size_t i = 0; i < names.size(); ++i) hint += (i ? ", " : " ") + names[i];
  }
  fail_config("config.unknown_" + kind, kind, "there is no " + kind + " \"" + name + "\"", hint);
}

}  // namespace sluice
