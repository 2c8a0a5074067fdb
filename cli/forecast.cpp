// sluice forecast: what comes after the last row of the data, from a model file.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "csv_text.h"
#include "model.h"
#include "sluice/base/parallel.h"
#include "sluice/forecast/spread.h"
#include "verbs.h"

namespace sluice::cli {
namespace {

struct ForecastWords {
  std::string model;
  std::vector<std::string> words;
  std::string out = "-";
};

// One row of the result.
struct Row {
  std::string date;
  double value = 0;
  std::optional<Spread> spread = {};  // of Monte-Carlo dropout
};

using Columns = std::vector<std::string>;
constexpr double spread_level = 0.8;
Columns spread_columns(const std::string& name) {
  return {name + "-sd", name + "-lo-80", name + "-hi-80"};
}

// How to read the new data: as the model's own, unless a key of the data group says otherwise.
Recipe reading_recipe(const Recipe& fitted, const Words& words) {
  Recipe recipe = fitted;
  recipe.from.clear(), recipe.until.clear();
  recipe.data = words.data;
  if (words.data.empty())
    fail_config("recipe.no_data", "data", "no data file is given",
                "write: sluice forecast sales.sluice sales.csv");
  for (const std::string& word : words.settings) {
    const auto [key, setting] = read_argument(word);
    const auto keys = recipe_keys();
    const auto row =
        std::find_if(keys.begin(), keys.end(),
                     [&, name = key](const RecipeKey& known) { return known.name == name; });
    if (row != keys.end() && row->group != "data" && key != "threads" && key != "monte_carlo")
      fail_config("usage.fixed_key", word,
                  fmt::format("{} was fixed when the model was fitted", key),
                  "fit the model again to change it");
    set_key(recipe, key, setting);
  }
  return recipe;
}

double mean_at(const std::vector<std::vector<double>>& runs, size_t h) {
  double sum = 0;
  for (const std::vector<double>& run : runs) sum += run[h];
  return sum / static_cast<double>(runs.size());
}

// The steps of one forecast under their dates.
void add_rows(const Forecaster& forecaster, const Recipe& recipe, const Series& series,
              const std::vector<std::string>& labels, std::vector<Row>& rows) {
  const auto runs = forecaster.forecast(series);
  std::vector<Spread> spreads;
  if (recipe.monte_carlo > 0)
    spreads = spread_of(forecaster.sample(series, recipe.monte_carlo), spread_level);
  for (size_t h = 0; h < labels.size(); ++h) {
    rows.push_back({labels[h], mean_at(runs, h)});
    if (!spreads.empty()) rows.back().spread = spreads[h];
  }
}

std::vector<Row> after_last_row(const Forecaster& forecaster, const Recipe& recipe) {
  const Series series = read_series(recipe);
  std::vector<Row> rows;
  add_rows(forecaster, recipe, known(series, series.rows()),
           future_labels(series.frame, recipe.horizon), rows);
  return rows;
}

// target_at=same: the target of every row that has enough inputs behind it, whether or not the
// file holds one.
std::vector<Row> in_every_row(const Forecaster& forecaster, const Recipe& recipe) {
  Frame frame = read_csv(recipe.data, csv_options(recipe));
  std::erase_if(frame.columns, [&](const Column& column) { return column.name == recipe.target; });
  Recipe inputs = recipe;
  const std::set<std::string> needed = recipe.derive.sources(recipe.past);
  std::erase_if(inputs.derive.columns,
                [&](const auto& column) { return !needed.contains(column.first); });
  inputs.target = recipe.past.front();
  inputs.past.erase(inputs.past.begin());
  Series series = make_series(std::move(frame), inputs);
  Column blank;
  blank.name = recipe.target;
  blank.values.assign(static_cast<size_t>(series.rows()), NAN);
  series.frame.columns.push_back(blank);
  series.target = recipe.target;
  series.past = recipe.past;
  const Series all = known(series, series.rows());
  std::vector<Row> rows;
  for (int64_t row = forecaster.rows_needed(); row <= all.rows(); ++row) {
    Series part = all;
    part.frame = slice(all.frame, 0, row);
    add_rows(forecaster, recipe, part, {date_label(all.frame, row - 1)}, rows);
  }
  return rows;
}

void forecast(const ForecastWords& arguments, const Shared& shared) {
  Console console(shared.json);
  const StoredModel model = load_stored(arguments.model);
  const Recipe recipe = reading_recipe(model.forecaster.recipe(), sort_words(arguments.words));
  set_num_threads(std::max(recipe.threads, 1));
  const std::vector<Row> rows = recipe.target_at == "same"
                                    ? in_every_row(model.forecaster, recipe)
                                    : after_last_row(model.forecaster, recipe);
  const std::string name = model.forecaster.name();
  const bool spread = recipe.monte_carlo > 0;
  std::string text = "unique_id,ds," + csv_field(name);
  for (const std::string& column : spread ? spread_columns(name) : Columns{})
    text += "," + csv_field(column);
  text += "\n";
  Json list = Json::array();
  for (const Row& row : rows) {
    text += fmt::format("{},{},{}", csv_field(recipe.target), csv_field(row.date),
                        csv_number(row.value));
    Json item = {{"unique_id", recipe.target}, {"ds", row.date}, {name, number(row.value)}};
    if (row.spread) {
      const Columns columns = spread_columns(name);
      const double values[] = {row.spread->deviation, row.spread->low, row.spread->high};
      for (size_t i = 0; i < columns.size(); ++i) {
        text += "," + csv_number(values[i]);
        item[columns[i]] = number(values[i]);
      }
    }
    text += "\n";
    list.push_back(item);
  }
  const bool to_stdout = arguments.out == "-";
  if (!to_stdout || !shared.json) write_output(arguments.out, text);
  if (!to_stdout) console.say(fmt::format("written   {}: {} rows\n", arguments.out, rows.size()));
  Json document = {{"command", "forecast"},
                   {"model_file", arguments.model},
                   {"data", recipe.data},
                   {"model", name},
                   {"forecast", list}};
  if (!to_stdout) document["out"] = arguments.out;
  console.result(document);
}

}  // namespace

void add_forecast(CLI::App& app, Shared& shared) {
  CLI::App* verb = app.add_subcommand("forecast", "What comes after the last row of the data");
  auto arguments = std::make_shared<ForecastWords>();
  verb->add_option("model", arguments->model, "Model file of `sluice fit`")->required();
  verb->add_option("data", arguments->words, "Data file, and key=value for how to read it")
      ->required();
  verb->add_option("--out", arguments->out, "CSV file to write (- is stdout)");
  verb->callback([arguments, &shared] { forecast(*arguments, shared); });
}

}  // namespace sluice::cli
