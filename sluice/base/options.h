// A flat set of named values: what `{hidden_size: 256, activation: relu}` in a recipe becomes.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// Keys keep their order. Values are text; the getters convert and say what is wrong.
/// Every getter marks its key as used; `finish()` then refuses keys nobody asked for.
class Options {
 public:
  Options() = default;
  explicit Options(std::string where) : where_(std::move(where)) {}

  void set(const std::string& key, std::string value);
  bool has(const std::string& key) const;

  int get_int(const std::string& key, int fallback) const;
  double get_double(const std::string& key, double fallback) const;
  bool get_bool(const std::string& key, bool fallback) const;
  std::string get_string(const std::string& key, const std::string& fallback) const;
  /// Whole numbers with commas between them: what a list becomes.
  std::vector<int> get_ints(const std::string& key, const std::vector<int>& fallback) const;
  /// The same with numbers of any kind.
  std::vector<double> get_doubles(const std::string& key,
                                  const std::vector<double>& fallback) const;
  /// One of `allowed`, else an Error that lists them and suggests the nearest.
  std::string get_choice(const std::string& key, const std::string& fallback,
                         const std::vector<std::string>& allowed) const;

  /// Throws Error "config.unknown_key" with the nearest key if a key was never read.
  void finish() const;

  /// Keys that getters have asked for so far.
  const std::vector<std::string>& asked() const { return asked_; }
  const std::vector<std::pair<std::string, std::string>>& items() const { return items_; }
  const std::string& where() const { return where_; }

 private:
  const std::string* find(const std::string& key) const;
  std::string where_;
  std::vector<std::pair<std::string, std::string>> items_;
  mutable std::vector<std::string> asked_;
};

}  // namespace sluice
