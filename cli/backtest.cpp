// sluice backtest: walk forward over the last rows, baselines beside the network.
#include <memory>

#include "backtest_run.h"
#include "csv_text.h"
#include "scores.h"
#include "sluice/train/interrupt.h"
#include "verbs.h"

namespace sluice::cli {
namespace {

struct BacktestWords {
  std::vector<std::string> words;
  std::string out;
};

void backtest(const BacktestWords& arguments, const Shared& shared) {
  if (shared.json && arguments.out == "-")
    fail_config("usage.stdout", "--out", "--json and --out - both want stdout",
                "name a file, or leave one out");
  handle_interrupts();
  Console console(shared.json);
  if (arguments.out == "-") console.yield_stdout();
  const Job job = read_job(sort_words(arguments.words));
  if (!arguments.out.empty()) check_output(arguments.out);
  console.say(describe_job(job));
  const Backtest result = run_and_print(console, job);
  if (!arguments.out.empty()) {
    write_output(arguments.out, backtest_csv(result, job.series));
    if (arguments.out != "-") console.say("written   " + arguments.out + "\n");
  }
  Json document = {{"command", "backtest"},
                   {"data", data_json(job.series)},
                   {"inferred", job.resolved.notes},
                   {"recipe", recipe_text(job.resolved.recipe)},
                   {"plan", plan_json(job)}};
  document.update(scores_json(result, job.series));
  if (!arguments.out.empty()) document["out"] = arguments.out;
  console.result(document);
}

}  // namespace

void add_backtest(CLI::App& app, Shared& shared) {
  CLI::App* verb = app.add_subcommand("backtest", "Walk-forward errors of baselines and network");
  auto arguments = std::make_shared<BacktestWords>();
  verb->add_option("data", arguments->words, "Data file or recipe, and key=value")->required();
  verb->add_option("--out", arguments->out, "Write every forecast as CSV (- is stdout)");
  verb->footer(
      [] { return "Recipe keys (key=value, or lines of a .yaml file):\n" + recipe_help(); });
  verb->callback([arguments, &shared] { backtest(*arguments, shared); });
}

}  // namespace sluice::cli
