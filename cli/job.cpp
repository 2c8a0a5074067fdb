#include "job.h"

#include <fmt/core.h>

#include <filesystem>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"

namespace sluice::cli {
namespace {

bool ends_with(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

// A second file is more often a key without its value, or a list that the shell cut in two.
std::string what_was_meant(const std::string& word) {
  for (const RecipeKey& key : recipe_keys())
    if (key.name == word) return fmt::format("name one; the key {0} is given as {0}=value", word);
  if (word.find_first_of("[]{}") != std::string::npos)
    return "name one; a list or a map with blanks in it wants quotes: 'transform=[log, "
           "last_value]'";
  return "name one";
}

// key=value, unless it is the name of a file that is there.
bool is_setting(const std::string& word) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos) return false;
  return word.find('/') > equals && !std::filesystem::exists(word);
}

void take(std::string& slot, const std::string& word, const std::string& what) {
  if (!slot.empty())
    fail_config("usage.files", word, fmt::format("there are two {}: {} and {}", what, slot, word),
                what_was_meant(word));
  slot = word;
}

}  // namespace

Words sort_words(const std::vector<std::string>& words) {
  Words sorted;
  for (const std::string& word : words) {
    if (is_setting(word)) {
      sorted.settings.push_back(word);
    } else if (ends_with(word, ".yaml") || ends_with(word, ".yml")) {
      take(sorted.recipe, word, "recipes");
    } else if (ends_with(word, ".sluice")) {
      fail_config("usage.model", word,
                  "this is a model, and a data file or a recipe is needed here",
                  "give a model to `sluice forecast` or `sluice report`");
    } else {
      take(sorted.data, word, "data files");
    }
  }
  return sorted;
}

Recipe recipe_of(const Words& words) {
  std::vector<std::string> settings = words.settings;
  Recipe recipe =
      words.recipe.empty() ? read_recipe_arguments(settings) : read_recipe(words.recipe, settings);
  if (!words.data.empty()) recipe.data = words.data;
  return recipe;
}

Job read_job(const Words& words) {
  const Recipe recipe = recipe_of(words);
  Job job{read_series(recipe), {}, {}};
  job.plan = plan_backtest(recipe, job.series);
  job.resolved = resolve(recipe, known(job.series, job.plan.training_rows()));
  const Recipe& ready = job.resolved.recipe;
  set_num_threads(ready.threads > 0 ? ready.threads : useful_threads(ready, job.series.rows()));
  return job;
}

std::string describe_data(const Series& series) {
  const Frame& frame = series.frame;
  return fmt::format("data      {}: {} rows, {} to {}, {}\n", frame.source, frame.rows(),
                     frame.label(0), frame.label(frame.rows() - 1), describe(frame.frequency));
}

std::string describe_job(const Job& job) {
  const BacktestPlan& plan = job.plan;
  std::string text = describe_data(job.series);
  for (const std::string& note : job.series.frame.notes) text += "          " + note + "\n";
  std::string label = "inferred  ";
  for (const std::string& note : job.resolved.notes)
    text += label + note + "\n", label = "          ";
  text +=
      fmt::format("backtest  {} window{} of {} step{}, the first after {}; ", plan.cutoffs.size(),
                  plan.cutoffs.size() == 1 ? "" : "s", plan.horizon, plan.horizon == 1 ? "" : "s",
                  job.series.frame.label(plan.training_rows() - 1));
  text += plan.refit == 0
              ? fmt::format("fitted once, on the {} rows before\n", plan.training_rows())
          : plan.refit == 1 ? std::string("fitted again for every window\n")
                            : fmt::format("fitted again every {} windows\n", plan.refit);
  if (job.resolved.recipe.fit_on == "all")
    text +=
        "warning   fit_on=all: the scaling has seen the test rows, so the errors flatter; the row "
        "with fit_on=train beside it is the honest one\n";
  return text;
}

Json data_json(const Series& series) {
  const Frame& frame = series.frame;
  return {{"file", frame.source},
          {"rows", frame.rows()},
          {"first", frame.label(0)},
          {"last", frame.label(frame.rows() - 1)},
          {"frequency", frequency_name(frame.frequency)},
          {"target", series.target},
          {"past", series.past},
          {"notes", frame.notes}};
}

Json plan_json(const Job& job) {
  Json cutoffs = Json::array();
  for (int64_t cutoff : job.plan.cutoffs) cutoffs.push_back(job.series.frame.label(cutoff - 1));
  return {{"windows", job.plan.cutoffs.size()},
          {"horizon", job.plan.horizon},
          {"step", job.plan.step},
          {"refit", job.plan.refit},
          {"training_rows", job.plan.training_rows()},
          {"cutoffs", cutoffs}};
}

std::string stem_of(const Words& words) {
  std::filesystem::path path(words.recipe.empty() ? words.data : words.recipe);
  if (path.extension() == ".gz") path.replace_extension();
  return path.stem().string();
}

}  // namespace sluice::cli
