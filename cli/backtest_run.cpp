#include "backtest_run.h"

#include "scores.h"

namespace sluice::cli {

Backtest run_and_print(Console& console, const Job& job) {
  BacktestWatcher watcher;
  watcher.training = console.training_output();
  watcher.on_baselines = [&](const Backtest& so_far) {
    console.say("\nbaselines\n" + print_scores(so_far));
  };
  watcher.on_network = [&](int done, int total) {
    console.progress("networks trained", done, total);
  };
  Backtest result = run_backtest(job.series, job.resolved.recipe, job.plan, watcher);
  if (job.resolved.recipe.fit_on == "all") {
    Recipe honest = job.resolved.recipe;
    honest.fit_on = "train";
    watcher.on_baselines = nullptr;
    const Backtest again = run_backtest(job.series, honest, job.plan, watcher);
    result.models.back().name += " fit_on=all";
    result.models.push_back(again.models.back());
    result.models.back().name += " fit_on=train";
  }
  console.say("\nall models, the same windows\n" + print_scores(result));
  const std::string steps = print_steps(result);
  if (!steps.empty()) console.say("\n" + steps);
  return result;
}

}  // namespace sluice::cli
