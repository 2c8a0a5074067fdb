// sluice fit: train on all rows, show how such a model fared on the last ones, keep it in a file.
#include <fmt/core.h>

#include <cmath>
#include <memory>

#include "backtest_run.h"
#include "model.h"
#include "scores.h"
#include "sluice/io/atomic_file.h"
#include "sluice/train/interrupt.h"
#include "verbs.h"

namespace sluice::cli {
namespace {

struct FitWords {
  std::vector<std::string> words;
  std::string model;
  bool no_backtest = false;
};

Forecaster fit_on_everything(Console& console, const Job& job) {
  FitOptions options;
  options.output = console.training_output();
  options.on_member = [&](int done, int total) { console.progress("fitting", done, total); };
  Forecaster forecaster =
      Forecaster::fit(known(job.series, job.series.rows()), job.resolved.recipe, options);
  return forecaster;
}

double last_loss(const Member& member) {
  return member.history.loss.empty() ? NAN : member.history.loss.back();
}

std::string fitted_text(const Forecaster& forecaster, const Job& job) {
  std::string text;
  for (const Basis& basis : forecaster.bases()) {
    std::string chain;
    for (const std::string& name : basis.encoder.options().transform) chain += name + ", ";
    text += fmt::format("fitted    {} x {} on {}{} rows: {} epochs, last loss {:.4g}\n",
                        basis.members.size(), forecaster.name(), chain, job.series.rows(),
                        basis.epochs, last_loss(basis.members.front()));
  }
  return text;
}

[[noreturn]] void fail_interrupted(const std::string& path, bool complete) {
  throw Error(ExitCode::interrupted, "interrupted", path,
              complete
                  ? "interrupted during the backtest; the model was fitted and is kept in this file"
                  : "interrupted; the best model so far is kept in this file",
              "run again for a complete one");
}

Json fit_json(const StoredModel& model, const Job& job, const std::string& path) {
  Json document = {{"command", "fit"},
                   {"data", data_json(job.series)},
                   {"inferred", job.resolved.notes},
                   {"recipe", recipe_text(model.forecaster.recipe())},
                   {"model_file", path},
                   {"model", model.forecaster.name()},
                   {"parameters", model.forecaster.parameter_count()},
                   {"epochs", model.forecaster.epochs()}};
  Json losses = Json::array();
  for (const Basis& basis : model.forecaster.bases())
    for (const Member& member : basis.members) losses.push_back(number(last_loss(member)));
  document["final_loss"] = losses;
  if (model.backtest) {
    document["plan"] = plan_json(job);
    document.update(scores_json(*model.backtest, job.series));
  }
  return document;
}

void fit(const FitWords& arguments, const Shared& shared) {
  handle_interrupts();
  Console console(shared.json);
  const Words words = sort_words(arguments.words);
  const Job job = read_job(words);
  const std::string path = arguments.model.empty() ? stem_of(words) + ".sluice" : arguments.model;
  check_writable(path);
  console.say(describe_job(job));
  StoredModel model;
  model.forecaster = fit_on_everything(console, job);
  model.picture = make_picture(job, model.forecaster);
  console.say(fitted_text(model.forecaster, job));
  if (model.forecaster.interrupted()) {
    save_stored(model, path);
    fail_interrupted(path, false);
  }
  if (!arguments.no_backtest) {
    try {
      model.backtest = run_and_print(console, job);
    } catch (const Error& error) {
      if (error.code != ExitCode::interrupted) throw;
      save_stored(model, path);
      fail_interrupted(path, true);
    }
  }
  save_stored(model, path);
  console.say(fmt::format("model     {}\n", path));
  console.result(fit_json(model, job, path));
}

}  // namespace

void add_fit(CLI::App& app, Shared& shared) {
  CLI::App* verb = app.add_subcommand("fit", "Train, backtest and keep a model");
  auto arguments = std::make_shared<FitWords>();
  verb->add_option("data", arguments->words, "Data file or recipe, and key=value")->required();
  verb->add_option("--model", arguments->model,
                   "Model file to write; else the name of the recipe or data file");
  verb->add_flag("--no-backtest", arguments->no_backtest,
                 "Only train; the report will lack the leaderboard");
  verb->footer(
      [] { return "Recipe keys (key=value, or lines of a .yaml file):\n" + recipe_help(); });
  verb->callback([arguments, &shared] { fit(*arguments, shared); });
}

}  // namespace sluice::cli
