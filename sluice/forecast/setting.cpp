#include "sluice/forecast/setting.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "sluice/base/error.h"

namespace sluice {
namespace {

std::string place(const std::string& name, const YAML::Mark& mark) {
  return mark.line < 0 ? name : name + ":" + std::to_string(mark.line + 1);
}

Setting convert(const YAML::Node& node, const std::string& name, bool numbered) {
  Setting setting;
  setting.where = numbered ? place(name, node.Mark()) : name;
  if (node.IsScalar()) {
    setting.kind = Setting::Kind::text;
    setting.text = node.Scalar();
  } else if (node.IsSequence()) {
    setting.kind = Setting::Kind::list;
    for (const YAML::Node& item : node) setting.items.push_back(convert(item, name, numbered));
  } else if (node.IsMap()) {
    setting.kind = Setting::Kind::map;
    std::set<std::string> seen;
    for (const auto& pair : node) {
      const std::string where = numbered ? place(name, pair.first.Mark()) : name;
      if (!pair.first.IsScalar())
        fail_config("recipe.yaml", where, "a key must be a word", "write key: value");
      const std::string key = pair.first.Scalar();
      if (!seen.insert(key).second)
        fail_config("recipe.duplicate_key", where, "the key \"" + key + "\" stands there twice",
                    "keep one of the two");
      setting.keys.push_back(key);
      setting.items.push_back(convert(pair.second, name, numbered));
    }
  }
  return setting;
}

YAML::Node parse(const std::string& text, const std::string& name, bool numbered) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      fail_config("recipe.documents", name,
                  "there are " + std::to_string(documents.size()) + " documents, divided by ---",
                  "a recipe is one; take out the line ---");
    return documents.empty() ? YAML::Node() : documents.front();
  } catch (const YAML::Exception& error) {
    fail_config("recipe.yaml", numbered ? place(name, error.mark) : name,
                "this is not valid YAML (" + error.msg + ")",
                "a recipe is lines of `key: value`, lists are [a, b]");
  }
}

}  // namespace

std::string Setting::describe() const {
  std::string result;
  if (kind == Kind::text) return "\"" + text + "\"";
  if (kind == Kind::list) {
    for (const Setting& item : items) result += (result.empty() ? "" : ", ") + item.describe();
    return "[" + result + "]";
  }
  if (kind == Kind::map) {
    for (size_t i = 0; i < keys.size(); ++i)
      result += (i ? ", " : "") + keys[i] + ": " + items[i].describe();
    return "{" + result + "}";
  }
  return "nothing";
}

std::vector<std::pair<std::string, Setting>> read_settings(const std::string& text,
                                                           const std::string& name) {
  const Setting root = convert(parse(text, name, true), name, true);
  if (root.kind == Setting::Kind::empty) return {};
  if (root.kind != Setting::Kind::map)
    fail_config("recipe.not_a_map", name, "a recipe must be lines of `key: value`",
                "see `sluice fit --help` for the keys");
  std::vector<std::pair<std::string, Setting>> pairs;
  for (size_t i = 0; i < root.keys.size(); ++i) pairs.emplace_back(root.keys[i], root.items[i]);
  return pairs;
}

std::vector<std::pair<std::string, Setting>> read_settings_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (std::filesystem::is_directory(path))
    fail_data("recipe.read", path, "this is a folder, not a recipe", "name a .yaml file");
  if (!file) fail_data("recipe.read", path, "there is no such file", "check the path");
  text << file.rdbuf();
  if (file.bad()) fail_data("recipe.read", path, "the file cannot be read", "check its rights");
  return read_settings(text.str(), path);
}

std::pair<std::string, Setting> read_argument(const std::string& argument) {
  const size_t equals = argument.find('=');
  if (equals == std::string::npos || equals == 0)
    fail_config("recipe.argument", argument, "this is neither a file nor a key=value",
                "write for example horizon=12");
  const std::string key = argument.substr(0, equals), value = argument.substr(equals + 1);
  Setting setting;
  setting.where = argument;
  // Only what looks like a list, a map or a quoted text is YAML: a lone `;` is a delimiter, a lone
  // `'` a mark of thousands, and %d/%m/%Y would be a directive.
  if (value.size() == 1 || value.find_first_of("[{\"'") != 0) {
    setting.kind = value.empty() ? Setting::Kind::empty : Setting::Kind::text;
    setting.text = value;
    return {key, setting};
  }
  setting = convert(parse(value, argument, false), argument, false);
  return {key, setting};
}

}  // namespace sluice
