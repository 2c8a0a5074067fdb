// The one table of recipe keys.
#include <algorithm>

#include "sluice/base/error.h"
#include "sluice/data/clean.h"
#include "sluice/forecast/recipe.h"
#include "sluice/forecast/recipe_value.h"

namespace sluice {
namespace {

using Words = std::vector<std::string>;

// What a key may hold besides its type.
struct Limits {
  Words choices = {};
  std::optional<double> at_least = {}, at_most = {};
  std::string word = {};  // a word that stands for `word_value`: batch_size=all
  int word_value = 0;
  std::string unset = "auto";  // the word for the key left alone
};

void check(const Setting& setting, const std::string& key, const std::string& value,
           const Limits& limits) {
  if (limits.choices.empty()) return;
  if (std::find(limits.choices.begin(), limits.choices.end(), value) != limits.choices.end())
    return;
  std::string list;
  for (const std::string& choice : limits.choices) list += (list.empty() ? "" : ", ") + choice;
  const std::string near = suggest(value, limits.choices);
  fail_config("recipe.value", setting.where,
              key + " must be one of " + list + ", not \"" + value + "\"",
              near.empty() ? "write for example " + key + "=" + limits.choices.front() : near);
}

template <class T>
void check(const Setting& setting, const std::string& key, const T& value, const Limits& limits) {
  if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
    if (limits.at_least && static_cast<double>(value) < *limits.at_least)
      recipe_value::refuse(setting, key, "at least " + recipe_value::write(*limits.at_least),
                           key + "=" + recipe_value::write(std::max(*limits.at_least, 1.0)));
    if (limits.at_most && static_cast<double>(value) > *limits.at_most)
      recipe_value::refuse(setting, key, "at most " + recipe_value::write(*limits.at_most),
                           key + "=" + recipe_value::write(*limits.at_most));
  }
}

template <class T>
void read_checked(const Setting& setting, const std::string& key, T& out, const Limits& limits) {
  if constexpr (std::is_same_v<T, int>) {
    if (!limits.word.empty() && setting.text == limits.word) {
      out = limits.word_value;
      return;
    }
  }
  recipe_value::read(setting, key, out);
  check(setting, key, out, limits);
}

template <class T>
std::string write_named(const T& value, const Limits& limits) {
  if constexpr (std::is_same_v<T, int>) {
    if (!limits.word.empty() && value == limits.word_value) return limits.word;
  }
  return recipe_value::write(value);
}

// One row: a member of Recipe under its name. `auto` clears an optional.
template <class T>
RecipeKey key(const std::string& group, const std::string& name, T Recipe::* member,
              const std::string& doc, Limits limits = {}) {
  RecipeKey row{name, group, recipe_value::type_name(T{}), "", doc, {}, {}};
  if (!limits.choices.empty()) {
    row.type.clear();
    for (const std::string& choice : limits.choices)
      row.type += (row.type.empty() ? "" : " | ") + choice;
  }
  if (!limits.word.empty()) row.type += " or " + limits.word;
  const std::string initial = write_named(Recipe{}.*member, limits);
  row.initial = initial.empty()   ? limits.unset
                : initial == "[]" ? (name == "time" ? "auto" : "none")
                                  : initial;
  row.read = [=](Recipe& recipe, const Setting& setting) {
    if (setting.kind == Setting::Kind::text && setting.text == limits.unset) {
      recipe.*member = Recipe{}.*member;
    } else {
      read_checked(setting, name, recipe.*member, limits);
    }
  };
  row.write = [=](const Recipe& recipe) { return write_named(recipe.*member, limits); };
  return row;
}

template <class T>
RecipeKey key(const std::string& group, const std::string& name, std::optional<T> Recipe::* member,
              const std::string& doc, Limits limits = {}) {
  RecipeKey row{name, group, recipe_value::type_name(T{}), "auto", doc, {}, {}};
  if (!limits.word.empty()) row.type += " or " + limits.word;
  row.read = [=](Recipe& recipe, const Setting& setting) {
    if (setting.kind == Setting::Kind::text && setting.text == "auto") {
      recipe.*member = std::nullopt;
    } else {
      T value{};
      read_checked(setting, name, value, limits);
      recipe.*member = std::move(value);
    }
  };
  row.write = [=](const Recipe& recipe) {
    return recipe.*member ? write_named(*(recipe.*member), limits) : std::string();
  };
  return row;
}

Limits one_of(Words choices) { return {.choices = std::move(choices)}; }
Limits at_least(double lowest) { return {.at_least = lowest}; }

Words names_of_missing_policies() {
  Words names;
  for (const MissingPolicy& policy : missing_policies()) names.push_back(policy.name);
  return names;
}

void add_data_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "data";
  keys.push_back(key(g, "data", &R::data, "the CSV or TSV file (.gz too); relative to the recipe"));
  keys.push_back(key(
      g, "time", &R::time,
      "column of the dates, or several that make one: [year, month]; none: rows are only counted"));
  keys.push_back(key(g, "time_format", &R::time_format,
                     "how dates are written: \"%d/%m/%Y %H:%M\"; epoch or "
                     "epoch_ms: counted since 1970; excel: its days"));
  keys.push_back(key(g, "target", &R::target,
                     "column to forecast; needed where there are several numeric ones"));
  keys.push_back(key(g, "past", &R::past, "further columns the model sees up to the cutoff"));
  keys.push_back(key(g, "derive", &R::derive,
                     "further columns, sums of others: {net: {income: 1, cost: -1}}",
                     {.unset = "none"}));
  keys.push_back(
      key(g, "frequency", &R::frequency, "MS, D, H, 15min, ... or none for an irregular index"));
  keys.push_back(key(g, "aggregate", &R::aggregate,
                     "bring rows together in longer steps: 15min, h, D, W-MON, MS, ...; a first "
                     "or last step that the file has in part is left out",
                     {.unset = "none"}));
  keys.push_back(key(g, "aggregate_by", &R::aggregate_by, "how rows are brought together",
                     one_of({"sum", "mean"})));
  keys.push_back(
      key(g, "delimiter", &R::delimiter, "what separates the fields: one sign, `tab` or `blanks`"));
  keys.push_back(key(g, "decimal", &R::decimal, "decimal mark: \".\" or \",\""));
  keys.push_back(key(g, "thousands", &R::thousands, "thousands mark, never guessed"));
  keys.push_back(key(g, "comment", &R::comment, "lines that begin with this are skipped"));
  keys.push_back(key(g, "header", &R::header, "whether the first row holds the column names"));
  keys.push_back(
      key(g, "skip_rows", &R::skip_rows, "lines to pass over before the header", at_least(0)));
  keys.push_back(
      key(g, "missing_words", &R::missing_words, "further words that mean \"no value\""));
  keys.push_back(key(g, "missing", &R::missing, "what to do about missing values and gaps",
                     one_of(names_of_missing_policies())));
  keys.push_back(key(g, "duplicates", &R::duplicates, "what to do about rows of the same date",
                     one_of({"error", "first", "last", "mean"})));
  keys.push_back(key(g, "sort", &R::sort, "put unordered rows in order of time"));
  keys.push_back(key(g, "from", &R::from, "first row to use: a date, or a row number from 1"));
  keys.push_back(key(g, "until", &R::until, "last row to use: a date, or a row number from 1"));
}

void add_window_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "windows";
  keys.push_back(key(g, "lookback", &R::lookback, "rows the model looks back on", at_least(1)));
  keys.push_back(key(g, "horizon", &R::horizon, "rows it forecasts", at_least(1)));
  keys.push_back(key(g, "window_step", &R::window_step, "rows from one training window to the next",
                     at_least(1)));
  keys.push_back(key(g, "lookback_as", &R::lookback_as,
                     "the lookback as time steps, or as features of one step",
                     one_of({"steps", "features"})));
  keys.push_back(key(g, "target_at", &R::target_at,
                     "the target follows the inputs, or stands in the same row",
                     one_of({"next", "same"})));
  keys.push_back(key(g, "whole_series", &R::whole_series,
                     "train on the whole series as one window, every step with its target"));
}

void add_feature_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "features";
  keys.push_back(key(g, "season", &R::season, "rows in a season; 1: none", at_least(1)));
  keys.push_back(
      key(g, "transform", &R::transform,
          "of the target, in order: log, difference, seasonal_difference, "
          "seasonal_ratio, last_value; or none; a list of lists is a committee: one network each"));
  keys.push_back(
      key(g, "scale", &R::scale, "of every column", one_of({"minmax", "standard", "none"})));
  keys.push_back(
      key(g, "fit_on", &R::fit_on,
          "rows the scaling is fitted on; all reproduces notebooks that see the test rows",
          one_of({"train", "all"})));
  keys.push_back(key(g, "calendar", &R::calendar,
                     "features of the target's date: month, weekday, day_of_year, hour; or none"));
  keys.push_back(key(g, "calendar_encoding", &R::calendar_encoding, "how they are given",
                     one_of({"onehot", "harmonics"})));
  keys.push_back(
      key(g, "linear_skip", &R::linear_skip,
          "a linear model beside the net: none, trained jointly, or ridge fitted first and frozen",
          one_of({"none", "joint", "ridge"})));
}

void add_model_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "model";
  keys.push_back(key(g, "model", &R::model,
                     "gru, lstm, rnn, ... or a list of layers: [{lstm: {hidden_size: 8}}]"));
  keys.push_back(key(g, "hidden_size", &R::hidden_size,
                     "units of a recurrent layer (where model is one word)", at_least(1)));
  keys.push_back(key(g, "num_layers", &R::num_layers,
                     "stacked recurrent layers (where model is one word)", at_least(1)));
  keys.push_back(key(g, "initialization", &R::initialization,
                     "first weights as this framework draws them", one_of({"pytorch", "keras"})));
}

void add_training_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "training";
  keys.push_back(
      key(g, "loss", &R::loss, "what training makes small: mse, or {huber: {delta: 0.5}}"));
  keys.push_back(
      key(g, "optimizer", &R::optimizer, "adam, or {sgd: {momentum: 0.9, nesterov: true}}"));
  keys.push_back(key(g, "learning_rate", &R::learning_rate, "step size"));
  keys.push_back(key(g, "schedule", &R::schedule, "how the learning rate changes over the epochs"));
  keys.push_back(key(g, "weight_decay", &R::weight_decay,
                     "pull of the weights towards 0 (decoupled)", at_least(0)));
  keys.push_back(key(g, "l1", &R::l1,
                     "factor of the sum of absolute values of all parameters in the loss, or of "
                     "some by name: {weight_hh: 1e-4, bias: 1e-5}"));
  keys.push_back(key(g, "l2", &R::l2, "the same of the sum of their squares"));
  keys.push_back(
      key(g, "epochs", &R::epochs,
          "passes over the windows; auto: chosen on validation folds inside the training part",
          at_least(1)));
  keys.push_back(key(g, "batch_size", &R::batch_size, "windows in one update",
                     {.at_least = 1, .word = "all"}));
  keys.push_back(key(g, "shuffle", &R::shuffle, "draw the windows in random order"));
  keys.push_back(
      key(g, "clip_norm", &R::clip_norm, "longest gradient allowed; 0: any", at_least(0)));
  keys.push_back(key(g, "clip_value", &R::clip_value, "largest gradient element allowed; 0: any",
                     at_least(0)));
  keys.push_back(key(g, "clip_parameter_norm", &R::clip_parameter_norm,
                     "longest gradient of one weight matrix or bias; 0: any", at_least(0)));
  keys.push_back(key(g, "clip_weights", &R::clip_weights,
                     "largest absolute value of all parameters after an update, or of some by "
                     "name, as IndRNN's 2^(1/lookback): {u: 1.03}; 0: any"));
  keys.push_back(key(g, "ema_decay", &R::ema_decay,
                     "memory of a moving average of the weights, as 0.99, which then forecasts; "
                     "0: the weights themselves",
                     at_least(0)));
  keys.push_back(key(g, "metrics", &R::metrics,
                     "scores shown while training, beside the loss: [rmse, mae, r2]"));
  keys.push_back(key(g, "patience", &R::patience,
                     "stop after so many epochs without a better validation loss; 0: never",
                     at_least(0)));
  keys.push_back(key(g, "loss_threshold", &R::loss_threshold,
                     "stop as soon as the training loss is below; 0: never", at_least(0)));
  keys.push_back(
      key(g, "validation", &R::validation, "last part of the training rows, kept for validation"));
  keys.push_back(
      key(g, "verbose", &R::verbose, "0 silent, 1 a progress bar, 2 a line an epoch", at_least(0)));
}

void add_backtest_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "backtest";
  keys.push_back(key(g, "split", &R::split, "the training part: rows before the first cutoff"));
  keys.push_back(key(g, "test", &R::test, "the test part: rows the windows cover, at the end"));
  keys.push_back(key(g, "windows", &R::windows, "number of test windows", at_least(1)));
  keys.push_back(key(g, "step", &R::step,
                     "rows from one test window to the next; auto: the horizon", at_least(1)));
  keys.push_back(
      key(g, "refit", &R::refit, "fit again every so many windows; 0: fit once", at_least(0)));
  keys.push_back(key(g, "train_on", &R::train_on,
                     "all rows before the cutoff, or as many as before the first",
                     one_of({"expanding", "rolling"})));
}

void add_run_keys(std::vector<RecipeKey>& keys) {
  using R = Recipe;
  const std::string g = "run";
  keys.push_back(key(g, "seeds", &R::seeds,
                     "networks trained from different seeds; their mean is the forecast",
                     {.at_least = 1, .at_most = 1000}));
  keys.push_back(key(g, "seed", &R::seed, "the first seed", at_least(0)));
  keys.push_back(key(g, "threads", &R::threads,
                     "processor threads; 0: every core. The results do not depend on it",
                     {.at_least = 0, .at_most = 4096}));
  keys.push_back(
      key(g, "monte_carlo", &R::monte_carlo,
          "forecasts drawn with the network's dropout on, whose spread stands beside the "
          "forecast; 0: none",
          {.at_least = 0, .at_most = 1000000}));
}

std::vector<RecipeKey> make_keys() {
  std::vector<RecipeKey> keys;
  add_data_keys(keys);
  add_window_keys(keys);
  add_feature_keys(keys);
  add_model_keys(keys);
  add_training_keys(keys);
  add_backtest_keys(keys);
  add_run_keys(keys);
  return keys;
}

}  // namespace

std::span<const RecipeKey> recipe_keys() {
  static const std::vector<RecipeKey> keys = make_keys();
  return keys;
}

}  // namespace sluice
