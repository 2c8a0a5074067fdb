// The cells of cells/registry.def, and those a program adds.
#include "sluice/base/error.h"
#include "sluice/engine/cell_kernel.h"

namespace sluice {

#define SLUICE_CELL(name, type) const Cell& name##_cell();
#include "sluice/cells/registry.def"
#undef SLUICE_CELL

namespace {

std::vector<const Cell& (*)()>& registry() {
  static std::vector<const Cell& (*)()> cells = {
#define SLUICE_CELL(name, type) name##_cell,
#include "sluice/cells/registry.def"
#undef SLUICE_CELL
  };
  return cells;
}

}  // namespace

const Cell& find_cell(const std::string& name) {
  for (auto* cell : registry())
    if (cell().info.name == name) return cell();
  fail_config("layer.unknown_cell", "cell", "there is no recurrent cell \"" + name + "\"",
              suggest(name, cell_names()));
}

std::vector<std::string> cell_names() {
  std::vector<std::string> names;
  for (auto* cell : registry()) names.push_back(cell().info.name);
  return names;
}

bool register_cell(const Cell& (*cell)()) {
  registry().push_back(cell);
  return true;
}

}  // namespace sluice
