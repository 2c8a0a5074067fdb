#include "sluice/base/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "sluice/base/error.h"

namespace sluice {

namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// True if the whole text is one number of this type.
template <class Number>
bool parse(const std::string& text, Number& number) {
  const char* first = text.data();
  const char* last = first + text.size();
  if (first != last && *first == '+') ++first;
  const auto [end, error] = std::from_chars(first, last, number);
  return error == std::errc() && end == last && first != last;
}

std::string place(const std::string& where, const std::string& key) {
  return where.empty() ? key : where + "." + key;
}

template <class Number>
std::vector<Number> parse_list(const std::string& text, const std::string& where,
                               const std::string& kind, const std::string& example) {
  std::vector<Number> numbers;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (!parse(trimmed(text.substr(begin, end - begin)), numbers.emplace_back()))
      fail_config("config.type", where, "\"" + text + "\" is no list of " + kind,
                  "write for example " + example);
    begin = end + 1;
  }
  return numbers;
}

}  // namespace

void Options::set(const std::string& key, std::string value) {
  for (auto& item : items_)
    if (item.first == key) {
      item.second = std::move(value);
      return;
    }
  items_.emplace_back(key, std::move(value));
}

bool Options::has(const std::string& key) const { return find(key) != nullptr; }

const std::string* Options::find(const std::string& key) const {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
  for (const auto& item : items_)
    if (item.first == key) return &item.second;
  return nullptr;
}

int Options::get_int(const std::string& key, int fallback) const {
  const std::string* text = find(key);
  if (!text) return fallback;
  int number = 0;
  if (!parse(trimmed(*text), number))
    fail_config("config.type", place(where_, key), "\"" + *text + "\" is not a whole number",
                "write for example " + key + ": " + std::to_string(fallback));
  return number;
}

double Options::get_double(const std::string& key, double fallback) const {
  const std::string* text = find(key);
  if (!text) return fallback;
  double number = 0;
  if (!parse(trimmed(*text), number) || !std::isfinite(number))
    fail_config("config.type", place(where_, key), "\"" + *text + "\" is not a number",
                "write for example " + key + ": 0.001, with a decimal point");
  return number;
}

bool Options::get_bool(const std::string& key, bool fallback) const {
  const std::string* text = find(key);
  if (!text) return fallback;
  std::string word = trimmed(*text);
  for (char& letter : word)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  fail_config("config.type", place(where_, key), "\"" + *text + "\" is neither true nor false",
              "write " + key + ": true or " + key + ": false");
}

std::string Options::get_string(const std::string& key, const std::string& fallback) const {
  const std::string* text = find(key);
  return text ? *text : fallback;
}

std::vector<int> Options::get_ints(const std::string& key, const std::vector<int>& fallback) const {
  const std::string* text = find(key);
  return text ? parse_list<int>(*text, place(where_, key), "whole numbers", key + ": [4, 2]")
              : fallback;
}

std::vector<double> Options::get_doubles(const std::string& key,
                                         const std::vector<double>& fallback) const {
  const std::string* text = find(key);
  return text ? parse_list<double>(*text, place(where_, key), "numbers", key + ": [0.1, 0.5]")
              : fallback;
}

std::string Options::get_choice(const std::string& key, const std::string& fallback,
                                const std::vector<std::string>& allowed) const {
  const std::string* text = find(key);
  if (!text) return fallback;
  const std::string word = trimmed(*text);
  if (std::find(allowed.begin(), allowed.end(), word) != allowed.end()) return word;
  const std::string nearest = suggest(word, allowed);
  fail_config("config.choice", place(where_, key),
              "\"" + *text + "\" is not one of " + joined(allowed),
              nearest.empty() ? "choose one of them" : nearest);
}

void Options::finish() const {
  for (const auto& item : items_) {
    if (std::find(asked_.begin(), asked_.end(), item.first) != asked_.end()) continue;
    const std::string nearest = suggest(item.first, asked_);
    std::string hint = nearest;
    if (hint.empty())
      hint = asked_.empty() ? "it takes no options" : "the known keys are " + joined(asked_);
    fail_config("config.unknown_key", place(where_, item.first), "there is no such key", hint);
  }
}

}  // namespace sluice
