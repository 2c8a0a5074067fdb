#include "sluice/forecast/recipe.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "sluice/base/error.h"

namespace sluice {
namespace {

void set_keys(Recipe& recipe, const std::vector<std::pair<std::string, Setting>>& settings) {
  for (const auto& [key, setting] : settings) set_key(recipe, key, setting);
}

void set_arguments(Recipe& recipe, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const auto [key, setting] = read_argument(argument);
    set_key(recipe, key, setting);
  }
}

// A `|` would end the cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string result;
  for (char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}

}  // namespace

std::set<std::string> DerivedColumns::sources(const std::vector<std::string>& names) const {
  std::set<std::string> all(names.begin(), names.end());
  // A column is made of those before it.
  for (auto column = columns.rbegin(); column != columns.rend(); ++column)
    if (all.contains(column->first))
      for (const auto& [term, factor] : column->second) all.insert(term);
  return all;
}

bool Recipe::was_given(const std::string& key) const {
  return std::any_of(given.begin(), given.end(),
                     [&](const auto& pair) { return pair.first == key; });
}

std::string Recipe::where(const std::string& key) const {
  for (const auto& [name, place] : given)
    if (name == key) return place;
  return key;
}

void set_key(Recipe& recipe, const std::string& key, const Setting& setting) {
  const auto keys = recipe_keys();
  const auto row = std::find_if(keys.begin(), keys.end(),
                                [&](const RecipeKey& candidate) { return candidate.name == key; });
  if (row == keys.end()) {
    std::vector<std::string> names;
    for (const RecipeKey& known : keys) names.push_back(known.name);
    const std::string near = suggest(key, names);
    fail_config("recipe.unknown_key", setting.where, "there is no recipe key \"" + key + "\"",
                near.empty() ? "see `sluice fit --help` for the keys" : near);
  }
  row->read(recipe, setting);
  std::erase_if(recipe.given, [&](const auto& pair) { return pair.first == key; });
  const bool cleared = setting.kind == Setting::Kind::text && setting.text == "auto";
  if (!cleared) recipe.given.emplace_back(key, setting.where);
}

Recipe read_recipe(const std::string& path, const std::vector<std::string>& arguments) {
  Recipe recipe;
  set_keys(recipe, read_settings_file(path));
  const std::filesystem::path data(recipe.data);
  if (!recipe.data.empty() && data.is_relative())
    recipe.data = (std::filesystem::path(path).parent_path() / data).lexically_normal().string();
  set_arguments(recipe, arguments);
  return recipe;
}

Recipe read_recipe_arguments(const std::vector<std::string>& arguments) {
  Recipe recipe;
  set_arguments(recipe, arguments);
  return recipe;
}

Recipe read_recipe_text(const std::string& text, const std::string& name) {
  Recipe recipe;
  set_keys(recipe, read_settings(text, name));
  return recipe;
}

std::string recipe_text(const Recipe& recipe) {
  std::string text;
  for (const RecipeKey& key : recipe_keys()) {
    const std::string value = key.write(recipe);
    if (!value.empty()) text += key.name + ": " + value + "\n";
  }
  return text;
}

std::string recipe_help() {
  std::string text, group;
  for (const RecipeKey& key : recipe_keys()) {
    if (key.group != group) text += fmt::format("{}{}:\n", group.empty() ? "" : "\n", key.group);
    group = key.group;
    text += fmt::format("  {:<18} {} ({}; {})\n", key.name, key.doc, key.type, key.initial);
  }
  return text;
}

std::string recipe_markdown() {
  std::string text, group;
  for (const RecipeKey& key : recipe_keys()) {
    if (key.group != group)
      text += fmt::format("{}## {}\n\n| key | type | default | what it says |\n|---|---|---|---|\n",
                          group.empty() ? "" : "\n", key.group);
    group = key.group;
    text += fmt::format("| `{}` | {} | {} | {} |\n", key.name, cell(key.type), cell(key.initial),
                        cell(key.doc));
  }
  return text;
}

}  // namespace sluice
