// What to read, what to train and how to judge it: the keys of a recipe, typed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "sluice/forecast/setting.h"
#include "sluice/layers/sequential.h"

namespace sluice {

/// A part of the rows: a count ("24"), a share ("0.2", "20%") or from a date on ("1957-01").
struct Portion {
  enum class Kind { unset, count, share, date };
  Kind kind = Kind::unset;
  double value = 0;
  std::string date;
};

/// A name with options: `gru`, or `lstm: {hidden_size: 256, activation: relu}`.
using NamedOptions = LayerChoice;

/// `model: gru` (one word: the built-in network) or a list of registry layers.
struct ModelChoice {
  std::string word;
  std::vector<NamedOptions> layers;
};

/// Transforms of the target, in order; or several such lists: a committee, one network for each.
struct TransformChoice {
  std::vector<std::vector<std::string>> chains;
};

/// One number, or a number from each of the given epochs on: {0: 1e-3, 10: 5e-4}.
struct RateTable {
  std::map<int, double> from_epoch;
};

/// One number for all parameters, or numbers by name: {weight_hh: 1e-4, bias: 1e-5}.
struct ParameterTable {
  std::vector<std::pair<std::string, double>> by_name;  ///< "": all of them
};

/// Columns made of others, each a sum of factor · column: {net: {income: 1, cost: -1}}.
struct DerivedColumns {
  using Terms = std::vector<std::pair<std::string, double>>;
  std::vector<std::pair<std::string, Terms>> columns;

  /// `names` and every column they are made of.
  std::set<std::string> sources(const std::vector<std::string>& names) const;
};

/// Every key of a recipe. An empty optional, text or list means "auto": inferred from the data by
/// resolve() (forecast/resolve.h). The keys' one-line docs are in recipe_keys().
struct Recipe {
  // data
  std::string data;
  std::vector<std::string> time;
  std::string time_format, target;
  std::vector<std::string> past;
  std::string frequency, delimiter, decimal, thousands, comment = "#";
  std::vector<std::string> missing_words;
  std::optional<bool> header;
  int skip_rows = 0;
  DerivedColumns derive;
  std::string aggregate, aggregate_by = "sum";
  std::string missing = "error", duplicates = "error";
  bool sort = false;
  std::string from, until;
  // windows
  std::optional<int> lookback;
  int horizon = 1;
  int window_step = 1;
  std::string lookback_as = "steps", target_at = "next";
  bool whole_series = false;
  // features
  std::optional<int> season;
  std::optional<TransformChoice> transform;
  std::string scale, fit_on = "train";
  std::optional<std::vector<std::string>> calendar;
  std::string calendar_encoding, linear_skip;
  // model
  ModelChoice model;
  int hidden_size = 8, num_layers = 1;
  std::string initialization = "pytorch";
  // training
  NamedOptions loss{"mse", {}};
  NamedOptions optimizer;
  std::optional<RateTable> learning_rate;
  NamedOptions schedule;
  std::optional<double> weight_decay;
  ParameterTable l1, l2;
  std::optional<int> epochs, batch_size;  // batch_size 0: all
  bool shuffle = true;
  std::optional<double> clip_norm;
  double clip_value = 0, clip_parameter_norm = 0;
  ParameterTable clip_weights;
  double ema_decay = 0;
  std::vector<std::string> metrics;
  int patience = 0;
  double loss_threshold = 0;
  Portion validation;
  int verbose = 0;
  // backtest
  Portion split, test;
  std::optional<int> windows, step, refit;
  std::string train_on = "expanding";
  // run
  std::optional<int> seeds;
  int64_t seed = 1;
  int threads = 0;
  int monte_carlo = 0;

  /// The keys given by the user, in order, with the place each was read from.
  std::vector<std::pair<std::string, std::string>> given;
  bool was_given(const std::string& key) const;
  /// Where a key was given ("airline.yaml:7"), or its own name.
  std::string where(const std::string& key) const;
};

/// One row of the table from which parsing, suggestions, `--help` and the docs derive.
struct RecipeKey {
  std::string name, group, type, initial, doc;
  std::function<void(Recipe&, const Setting&)> read;
  std::function<std::string(const Recipe&)> write;  ///< as YAML; "" where it is left to inference
};
std::span<const RecipeKey> recipe_keys();

/// Sets one key. Throws Error "recipe.unknown_key" with the nearest key, or "recipe.value".
void set_key(Recipe& recipe, const std::string& key, const Setting& setting);

/// Reads a recipe file and then the `key=value` arguments, which override it. A relative `data`
/// path in the file is relative to the file's folder.
Recipe read_recipe(const std::string& path, const std::vector<std::string>& arguments);
/// Defaults and `key=value` arguments alone.
Recipe read_recipe_arguments(const std::vector<std::string>& arguments);
/// From the text that recipe_text() wrote.
Recipe read_recipe_text(const std::string& text, const std::string& name);

/// The recipe as YAML: every key that has a value, in the order of the table.
std::string recipe_text(const Recipe& recipe);

/// The table of keys for a terminal, and as Markdown for the docs.
std::string recipe_help();
std::string recipe_markdown();

}  // namespace sluice
