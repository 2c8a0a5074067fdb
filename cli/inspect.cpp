// sluice inspect: what is in a file, what would be inferred from it, and what stands in the way.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "job.h"
#include "verbs.h"

namespace sluice::cli {
namespace {

Json column_json(const Column& column) {
  Json json = {{"name", column.name}, {"type", column.numeric() ? "number" : "text"}};
  if (!column.numeric()) {
    json["distinct"] = column.labels.size();
    return json;
  }
  double low = INFINITY, high = -INFINITY, sum = 0;
  int64_t count = 0;
  for (double value : column.values) {
    if (std::isnan(value)) continue;
    low = std::min(low, value), high = std::max(high, value), sum += value, ++count;
  }
  json["missing"] = static_cast<int64_t>(column.values.size()) - count;
  json["min"] = number(count ? low : NAN);
  json["mean"] = number(count ? sum / static_cast<double>(count) : NAN);
  json["max"] = number(count ? high : NAN);
  return json;
}

std::string describe_column(const Column& column) {
  const Json json = column_json(column);
  if (!column.numeric())
    return fmt::format("column    {}: text, {} distinct\n", column.name, column.labels.size());
  if (json["min"].is_null()) return fmt::format("column    {}: no value at all\n", column.name);
  return fmt::format("column    {}: {:.6g} to {:.6g}, mean {:.6g}, {} missing\n", column.name,
                     json["min"].get<double>(), json["max"].get<double>(),
                     json["mean"].get<double>(), json["missing"].get<int64_t>());
}

// A word as a shell reads it back.
std::string shell_word(const std::string& word) {
  if (word.find_first_of(" \t\"'$&*?;|<>()[]{}\\`#~!") == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The same words as a backtest; the horizon is proposed where none was given.
std::string next_command(const Words& words, const Job& job) {
  const Recipe& recipe = job.resolved.recipe;
  std::string command = "sluice backtest";
  if (!words.recipe.empty()) command += " " + shell_word(words.recipe);
  if (!words.data.empty()) command += " " + shell_word(words.data);
  for (const std::string& setting : words.settings) command += " " + shell_word(setting);
  if (!recipe.was_given("horizon"))
    command += fmt::format(" horizon={}", std::max(recipe.horizon, recipe.season.value_or(1)));
  return command;
}

// What a fit with this recipe would say; an error is what inspect is for, so it is reported.
struct Verdict {
  Json problem;
  std::string text;
  Json job;
};

Verdict verdict_of(const Words& words) {
  try {
    const Job job = read_job(words);
    std::string text;
    for (const std::string& note : job.resolved.notes) text += "inferred  " + note + "\n";
    const Recipe& recipe = job.resolved.recipe;
    text += "next      " + next_command(words, job) + "\n";
    return {nullptr,
            text,
            {{"data", data_json(job.series)},
             {"inferred", job.resolved.notes},
             {"season", *recipe.season},
             {"recipe", recipe_text(recipe)}}};
  } catch (const Error& error) {
    if (error.code == ExitCode::internal) throw;
    return {{{"id", error.id},
             {"where", error.where},
             {"message", error.message},
             {"hint", error.hint}},
            std::string("question  ") + error.what() + "\n",
            nullptr};
  }
}

void inspect(const std::vector<std::string>& arguments, const Shared& shared) {
  Console console(shared.json);
  const Words words = sort_words(arguments);
  const Recipe recipe = recipe_of(words);
  if (recipe.data.empty())
    fail_config("recipe.no_data", "data", "no data file is given",
                "name one: sluice inspect sales.csv");
  const Frame frame = read_csv(recipe.data, csv_options(recipe));
  const Verdict verdict = verdict_of(words);
  std::string text = fmt::format("data      {}: {} rows", frame.source, frame.rows());
  if (!frame.time.empty())
    text += fmt::format(", {} to {}, time in {}", frame.label(0), frame.label(frame.rows() - 1),
                        frame.time_name);
  text += "\n";
  Json columns = Json::array();
  for (const Column& column : frame.columns) {
    text += describe_column(column);
    columns.push_back(column_json(column));
  }
  for (const std::string& note : frame.notes) text += "read      " + note + "\n";
  console.say(text + verdict.text);
  console.result({{"command", "inspect"},
                  {"file", frame.source},
                  {"rows", frame.rows()},
                  {"columns", columns},
                  {"notes", frame.notes},
                  {"problem", verdict.problem},
                  {"ready", verdict.job}});
}

}  // namespace

void add_inspect(CLI::App& app, Shared& shared) {
  CLI::App* verb = app.add_subcommand("inspect", "What a file holds and what would be inferred");
  auto words = std::make_shared<std::vector<std::string>>();
  verb->add_option("data", *words, "Data file or recipe, and key=value")->required();
  verb->callback([words, &shared] { inspect(*words, shared); });
}

}  // namespace sluice::cli
