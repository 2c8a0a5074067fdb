#include "sluice/forecast/recipe_value.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>

#include "sluice/base/error.h"

namespace sluice::recipe_value {
namespace {

// The whole text as a number; from_chars knows no locale.
template <class T>
bool parse_number(const std::string& text, T& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && !text.empty();
}

template <class T>
void read_integer(const Setting& setting, const std::string& key, T& out) {
  if (setting.kind != Setting::Kind::text || !parse_number(setting.text, out))
    refuse(setting, key, "a whole number", key + "=12");
}

// Text that YAML would read back as the same text.
std::string quoted(const std::string& text) {
  const bool plain = !text.empty() &&
                     text.find_first_of(":#,[]{}&*!|>'\"%@`\t\n\\ ") == std::string::npos &&
                     text.front() != '-' && text.front() != '?' && text != "~";
  if (plain) return text;
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else
      result += c;
  }
  return result + "\"";
}

// An option's text: a word, or a list with commas between its words.
std::string option_text(const Setting& value, const std::string& option) {
  if (value.kind == Setting::Kind::text) return value.text;
  bool words = value.kind == Setting::Kind::list && !value.items.empty();
  std::string text;
  for (const Setting& item : value.items) {
    words = words && item.kind == Setting::Kind::text;
    text += (text.empty() ? "" : ",") + item.text;
  }
  if (!words) refuse(value, option, "a single value or a list of them", option + ": 8");
  return text;
}

// A name alone, or a map of one name to its options.
NamedOptions named(const Setting& setting, const std::string& key) {
  NamedOptions result;
  result.options = Options(setting.where);
  if (setting.kind == Setting::Kind::text) {
    result.name = setting.text;
    return result;
  }
  if (setting.kind != Setting::Kind::map || setting.keys.size() != 1)
    refuse(setting, key, "a name, or a name with options", "{lstm: {hidden_size: 8}}");
  const std::string& name = setting.keys.front();
  const Setting& options = setting.items.front();
  result.name = name;
  result.options = Options(options.where + ": " + name);
  if (options.kind == Setting::Kind::empty) return result;
  if (options.kind != Setting::Kind::map)
    refuse(options, key, "options of " + name + " in braces", name + ": {hidden_size: 8}");
  for (size_t i = 0; i < options.keys.size(); ++i) {
    const std::string& option = options.keys[i];
    result.options.set(option, option_text(options.items[i], option));
  }
  return result;
}

}  // namespace

void refuse(const Setting& setting, const std::string& key, const std::string& expected,
            const std::string& example) {
  fail_config("recipe.value", setting.where,
              fmt::format("{} must be {}, not {}", key, expected, setting.describe()),
              "write for example " + example);
}

std::string type_name(const std::string&) { return "text"; }
std::string type_name(int) { return "integer"; }
std::string type_name(int64_t) { return "integer"; }
std::string type_name(double) { return "number"; }
std::string type_name(bool) { return "true or false"; }
std::string type_name(const std::vector<std::string>&) { return "list"; }
std::string type_name(const Portion&) { return "count, share or date"; }
std::string type_name(const NamedOptions&) { return "name, with options"; }
std::string type_name(const ModelChoice&) { return "name or list of layers"; }
std::string type_name(const RateTable&) { return "number or {epoch: number}"; }
std::string type_name(const TransformChoice&) { return "list, or list of lists"; }
std::string type_name(const ParameterTable&) { return "number or {name: number}"; }
std::string type_name(const DerivedColumns&) { return "{name: {column: factor}}"; }

void read(const Setting& setting, const std::string& key, std::string& out) {
  if (setting.kind == Setting::Kind::empty) {
    out.clear();
  } else if (setting.kind == Setting::Kind::text) {
    out = setting.text;
  } else {
    refuse(setting, key, "a single word or text", key + ": name");
  }
}

void read(const Setting& setting, const std::string& key, int& out) {
  read_integer(setting, key, out);
}

void read(const Setting& setting, const std::string& key, int64_t& out) {
  read_integer(setting, key, out);
}

void read(const Setting& setting, const std::string& key, double& out) {
  if (setting.kind != Setting::Kind::text || !parse_number(setting.text, out) ||
      !std::isfinite(out))
    refuse(setting, key, "a number", key + "=0.01");
}

void read(const Setting& setting, const std::string& key, bool& out) {
  if (setting.text == "true" || setting.text == "yes" || setting.text == "on") {
    out = true;
  } else if (setting.text == "false" || setting.text == "no" || setting.text == "off") {
    out = false;
  } else {
    refuse(setting, key, "true or false", key + "=true");
  }
}

void read(const Setting& setting, const std::string& key, std::vector<std::string>& out) {
  out.clear();
  if (setting.kind == Setting::Kind::text) {
    std::string word;
    for (char c : setting.text + ",") {
      if (c != ',') {
        word += c;
      } else if (!word.empty()) {
        out.push_back(word), word.clear();
      }
    }
    // time=none says that the rows are only counted, which is not the same as saying nothing.
    if (out.size() == 1 && out[0] == "none" && key != "time") out.clear();
  } else if (setting.kind == Setting::Kind::list) {
    for (const Setting& item : setting.items) {
      if (item.kind != Setting::Kind::text) refuse(item, key, "a list of names", "[a, b]");
      out.push_back(item.text);
    }
  } else if (setting.kind == Setting::Kind::map) {
    refuse(setting, key, "a list of names", "[a, b]");
  }
}

void read(const Setting& setting, const std::string& key, Portion& out) {
  const std::string& text = setting.text;
  double number = 0;
  int64_t count = 0;
  out = {};
  if (setting.kind != Setting::Kind::text || text.empty())
    refuse(setting, key, "a count, a share or a date", key + "=24, 0.2 or 1957-01");
  if (parse_number(text, count)) {
    if (count < 0) refuse(setting, key, "a count of rows from 0 up", key + "=24");
    out = {Portion::Kind::count, static_cast<double>(count), ""};
  } else if (text.back() == '%' && parse_number(text.substr(0, text.size() - 1), number)) {
    out = {Portion::Kind::share, number / 100, ""};
  } else if (parse_number(text, number)) {
    out = {Portion::Kind::share, number, ""};
  } else {
    out = {Portion::Kind::date, 0, text};
  }
  if (out.kind == Portion::Kind::share && !(out.value >= 0 && out.value < 1))
    refuse(setting, key, "a share from 0 to 1, a count or a date", key + "=0.2");
}

void read(const Setting& setting, const std::string& key, NamedOptions& out) {
  out = setting.kind == Setting::Kind::empty ? NamedOptions{} : named(setting, key);
}

void read(const Setting& setting, const std::string& key, ModelChoice& out) {
  out = {};
  if (setting.kind == Setting::Kind::text) {
    out.word = setting.text;
  } else if (setting.kind == Setting::Kind::list && !setting.items.empty()) {
    for (const Setting& item : setting.items) out.layers.push_back(named(item, key));
  } else {
    refuse(setting, key, "a name or a list of layers", "[{lstm: {hidden_size: 8}}, dropout]");
  }
}

void read(const Setting& setting, const std::string& key, RateTable& out) {
  out = {};
  if (setting.kind != Setting::Kind::map) {
    read(setting, key, out.from_epoch[0]);
  } else {
    for (size_t i = 0; i < setting.keys.size(); ++i) {
      int epoch = 0;
      if (!parse_number(setting.keys[i], epoch) || epoch < 0)
        refuse(setting, key, "a number, or numbers by first epoch", "{0: 1e-3, 10: 5e-4}");
      read(setting.items[i], key, out.from_epoch[epoch]);
    }
    if (!out.from_epoch.contains(0))
      refuse(setting, key, "a table that begins at epoch 0", "{0: 1e-3, 10: 5e-4}");
  }
  for (const auto& [epoch, rate] : out.from_epoch)
    if (!(rate > 0)) refuse(setting, key, "above 0", key + "=0.01");
}

void read(const Setting& setting, const std::string& key, TransformChoice& out) {
  out = {};
  const bool committee = setting.kind == Setting::Kind::list && !setting.items.empty() &&
                         setting.items.front().kind == Setting::Kind::list;
  if (!committee) {
    read(setting, key, out.chains.emplace_back());
    return;
  }
  for (const Setting& item : setting.items) {
    if (item.kind != Setting::Kind::list)
      refuse(setting, key, "a list of names, or a list of such lists",
             "[[log, last_value], [log]]");
    read(item, key, out.chains.emplace_back());
  }
}

void read(const Setting& setting, const std::string& key, ParameterTable& out) {
  out = {};
  if (setting.kind != Setting::Kind::map) {
    read(setting, key, out.by_name.emplace_back().second);
  } else {
    for (size_t i = 0; i < setting.keys.size(); ++i) {
      out.by_name.emplace_back(setting.keys[i], 0.0);
      read(setting.items[i], key, out.by_name.back().second);
    }
  }
  for (const auto& [name, factor] : out.by_name)
    if (factor < 0) refuse(setting, key, "at least 0", key + "=1e-4");
}

void read(const Setting& setting, const std::string& key, DerivedColumns& out) {
  const std::string expected = "new columns as sums of others";
  const std::string example = key + ": {net: {income: 1, cost: -1}}";
  out = {};
  if (setting.kind == Setting::Kind::empty) return;
  if (setting.kind != Setting::Kind::map) refuse(setting, key, expected, example);
  for (size_t i = 0; i < setting.keys.size(); ++i) {
    const Setting& terms = setting.items[i];
    if (terms.kind != Setting::Kind::map) refuse(terms, key, expected, example);
    auto& column = out.columns.emplace_back(setting.keys[i], DerivedColumns::Terms{});
    for (size_t j = 0; j < terms.keys.size(); ++j)
      read(terms.items[j], key, column.second.emplace_back(terms.keys[j], 0.0).second);
  }
}

std::string write(const std::string& value) { return value.empty() ? "" : quoted(value); }
std::string write(int value) { return std::to_string(value); }
std::string write(int64_t value) { return std::to_string(value); }
std::string write(double value) { return fmt::format("{}", value); }
std::string write(bool value) { return value ? "true" : "false"; }

std::string write(const std::vector<std::string>& value) {
  std::string result;
  for (const std::string& item : value) result += (result.empty() ? "" : ", ") + quoted(item);
  return "[" + result + "]";
}

std::string write(const Portion& value) {
  switch (value.kind) {
    case Portion::Kind::count:
      return fmt::format("{:.0f}", value.value);
    case Portion::Kind::share:
      return fmt::format("{}%", value.value * 100);
    case Portion::Kind::date:
      return quoted(value.date);
    case Portion::Kind::unset:
      break;
  }
  return "";
}

std::string write(const NamedOptions& value) {
  if (value.options.items().empty()) return write(value.name);
  std::string options;
  for (const auto& [key, text] : value.options.items())
    options += (options.empty() ? "" : ", ") + key + ": " + quoted(text);
  return "{" + value.name + ": {" + options + "}}";
}

std::string write(const ModelChoice& value) {
  if (value.layers.empty()) return write(value.word);
  std::string layers;
  for (const NamedOptions& layer : value.layers)
    layers += (layers.empty() ? "" : ", ") + write(layer);
  return "[" + layers + "]";
}

std::string write(const RateTable& value) {
  if (value.from_epoch.size() == 1) return write(value.from_epoch.begin()->second);
  std::string table;
  for (const auto& [epoch, rate] : value.from_epoch)
    table += fmt::format("{}{}: {}", table.empty() ? "" : ", ", epoch, rate);
  return "{" + table + "}";
}

std::string write(const TransformChoice& value) {
  if (value.chains.empty()) return "";
  if (value.chains.size() == 1) return write(value.chains.front());
  std::string all;
  for (const auto& chain : value.chains) all += (all.empty() ? "" : ", ") + write(chain);
  return "[" + all + "]";
}

std::string write(const ParameterTable& value) {
  if (value.by_name.empty()) return "0";
  if (value.by_name.front().first.empty()) return write(value.by_name.front().second);
  std::string table;
  for (const auto& [name, factor] : value.by_name)
    table += fmt::format("{}{}: {}", table.empty() ? "" : ", ", quoted(name), factor);
  return "{" + table + "}";
}

std::string write(const DerivedColumns& value) {
  if (value.columns.empty()) return "";
  std::string table;
  for (const auto& [name, terms] : value.columns) {
    std::string sum;
    for (const auto& [column, factor] : terms)
      sum += fmt::format("{}{}: {}", sum.empty() ? "" : ", ", quoted(column), factor);
    table += fmt::format("{}{}: {{{}}}", table.empty() ? "" : ", ", quoted(name), sum);
  }
  return "{" + table + "}";
}

}  // namespace sluice::recipe_value
