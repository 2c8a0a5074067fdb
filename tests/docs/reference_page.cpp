// Prints docs/reference.md from the registries: everything that has a name in a recipe.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "sluice/data/transform.h"
#include "sluice/engine/cell_kernel.h"
#include "sluice/forecast/baseline.h"
#include "sluice/forecast/metric.h"
#include "sluice/forecast/recipe.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/registry.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"
#include "sluice/train/schedule.h"
#include "sluice/train/training_metric.h"

namespace sluice {
namespace {

void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// A `|` would end the table's cell.
std::string cell_text(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

void begin_section(const std::string& title, const std::string& columns) {
  say("\n## " + title + "\n\n| " + columns + " |\n|");
  for (char c : "|" + columns)
    if (c == '|') say("---|");
  say("\n");
}

bool is_cell(const std::string& name) {
  const auto names = cell_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Make>
void print_rows(const std::string& title, std::span<const RegistryRow<Make>> rows) {
  begin_section(title, "name | what it is | options (default)");
  std::map<std::string, std::string> seen;  // options that an earlier row has too
  for (const auto& row : rows) {
    if (is_cell(row.name)) continue;  // in tables of their own
    std::string options;
    for (const OptionDoc& option : row.options)
      options += (options.empty() ? "" : "<br>") + ("`" + option.name) + "` (" + option.initial +
                 "): " + option.doc;
    const auto [first, fresh] = seen.try_emplace(options, row.name);
    say("| `" + row.name + "` | " + cell_text(row.doc) + " | " +
        (fresh || options.empty() ? cell_text(options) : "as `" + first->second + "`") + " |\n");
  }
}

// Of the cells' layers, every option once: an option is what it says and its default.
struct CellOption {
  OptionDoc doc;
  std::vector<std::string> cells;
};

// Options of one name next to each other.
std::vector<CellOption> options_of_cells() {
  std::map<std::string, std::vector<CellOption>> by_name;
  std::vector<std::string> order;
  for (const auto& row : layer_registry()) {
    if (!is_cell(row.name)) continue;
    for (const OptionDoc& option : row.options) {
      std::vector<CellOption>& named = by_name[option.name];
      if (named.empty()) order.push_back(option.name);
      const auto same = std::find_if(named.begin(), named.end(), [&](const CellOption& other) {
        return other.doc.initial == option.initial && other.doc.doc == option.doc;
      });
      if (same == named.end())
        named.push_back({option, {row.name}});
      else
        same->cells.push_back(row.name);
    }
  }
  std::vector<CellOption> all;
  for (const std::string& name : order)
    all.insert(all.end(), by_name[name].begin(), by_name[name].end());
  return all;
}

// The shorter of the cells that have an option and of those that have it not.
std::string cells_text(const std::vector<std::string>& with) {
  std::vector<std::string> without;
  for (const std::string& name : cell_names())
    if (std::find(with.begin(), with.end(), name) == with.end()) without.push_back(name);
  std::string text = without.empty() ? "all" : without.size() < with.size() ? "all but " : "";
  const auto& named = without.size() < with.size() ? without : with;
  for (size_t i = 0; i < named.size(); ++i) text += (i > 0 ? ", `" : "`") + named[i] + "`";
  return text;
}

void print_cell_options() {
  say("\nEvery cell of the table below is a layer too, with these options:\n");
  begin_section("Options of recurrent layers", "option (default) | what it is | cells");
  for (const CellOption& option : options_of_cells())
    say("| `" + option.doc.name + "` (" + cell_text(option.doc.initial) + ") | " +
        cell_text(option.doc.doc) + " | " + cells_text(option.cells) + " |\n");
}

std::string reads_text(const CellInfo& info, int reads) {
  std::vector<std::string> sources;
  if (reads & reads_raw) sources.push_back("x itself where I = H, else x");
  if (reads & reads_input) sources.push_back("x");
  if (reads & reads_hidden) sources.push_back("h");
  for (size_t k = 0; k < info.messages.size(); ++k)
    if (reads & (reads_message << k)) sources.push_back("q_" + info.messages[k]);
  std::string text;
  for (const std::string& source : sources) text += (text.empty() ? "" : ", ") + source;
  return text;
}

void print_cells() {
  begin_section("Cells", "name | what it is | pre-activations and what they read | equations");
  for (const std::string& name : cell_names()) {
    const CellInfo& info = find_cell(name).info;
    std::string gates, equations;
    for (const GateInfo& gate : info.gates)
      gates += (gates.empty() ? "" : "<br>") + gate.name + ": " + reads_text(info, gate.reads);
    for (const std::string& line : info.equations)
      equations += (equations.empty() ? "`" : "<br>`") + line + "`";
    say("| `" + name + "` | " + info.title + " | " + gates + " | " + equations + " |\n");
  }
}

void print_forecast_tables() {
  begin_section("Baselines", "name | the rule");
  for (const Baseline& baseline : baseline_table())
    say("| `" + baseline.name + "` | " + cell_text(baseline.doc) + " |\n");
  begin_section("Metrics", "name | what it is");
  for (const MetricInfo& metric : metric_table())
    say("| `" + metric.name + "` | " + cell_text(metric.doc) + " |\n");
}

// The headings of the groups of keys, one level down.
std::string recipe_section() {
  std::string text = recipe_markdown();
  for (size_t at = 0; (at = text.find("## ", at)) != std::string::npos; at += 4)
    text.insert(at, "#");
  return text;
}

void print_page() {
  say("# Reference\n\nEverything that has a name in a recipe, printed from the registries by\n"
      "`tests/docs/reference_page.cpp`; `make docs` writes this page anew, and a test compares "
      "it.\n");
  say("\n## Recipe keys\n\n" + recipe_section());
  print_rows("Layers", layer_registry());
  print_cell_options();
  print_cells();
  print_rows("Initialisations", initialization_registry());
  print_rows("Losses", loss_registry());
  print_rows("Metrics of training", training_metric_registry());
  print_rows("Optimizers", optimizer_registry());
  print_rows("Schedules", schedule_registry());
  print_rows("Transforms", transform_registry());
  print_forecast_tables();
}

}  // namespace
}  // namespace sluice

int main() { sluice::print_page(); }
