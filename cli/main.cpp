// sluice: the command. Options are parsed here, each verb is a file of its own.
#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <sstream>
#include <string>

#include "console.h"
#include "sluice/base/error.h"
#include "sluice/forecast/recipe.h"
#include "sluice/train/interrupt.h"
#include "verbs.h"

namespace sluice::cli {
namespace {

extern "C" void on_interrupt(int signal_number) {
  request_interrupt();
  std::signal(signal_number, SIG_DFL);
}

// The parser would complain of what is missing before it speaks of a misspelt option.
void check_options(const CLI::App& app, const CLI::App* verb, int count, char** words) {
  std::vector<std::string> known;
  for (const CLI::App* level : {&app, verb ? verb : &app})
    for (const CLI::Option* option : level->get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (int i = 1; i < count && std::string(words[i]) != "--"; ++i) {
    const std::string word = words[i], name = word.substr(0, word.find('='));
    if (!name.starts_with("--") || std::find(known.begin(), known.end(), name) != known.end())
      continue;
    const std::string near = suggest(name, known);
    const std::string of = verb ? "sluice " + verb->get_name() : "sluice";
    fail_config("usage.option", word, "`" + of + "` has no option " + name,
                near.empty() ? "see `" + of + " --help`" : near);
  }
}

// The parser would only say that a verb is missing.
void check_verb(const CLI::App& app, int count, char** words) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word.starts_with("-")) continue;
    const auto verb = std::find(verbs.begin(), verbs.end(), word);
    if (verb != verbs.end()) return check_options(app, app.get_subcommand(word), count, words);
    const std::string near = suggest(word, verbs);
    fail_config("usage.verb", word, "there is no verb \"" + word + "\"",
                near.empty() ? "see `sluice --help`" : near);
  }
  check_options(app, nullptr, count, words);
}

// --help and --version: the parser prints them, and would not notice a full disk.
int say_what_was_asked(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream text;
  const int code = app.exit(error, text, text);
  write_stdout(text.str());
  return code;
}

int run(int count, char** words, Shared& shared) {
  CLI::App app{"Recurrent networks for time series: inspect, fit, backtest, forecast, report."};
  app.name("sluice");
  app.set_version_flag("--version", std::string("sluice ") + SLUICE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.failure_message(CLI::FailureMessage::simple);
  app.add_flag("--json", shared.json, "One JSON document on stdout; errors as JSON on stderr");
  bool keys = false;
  app.add_flag("--keys", keys, "Print every recipe key as a Markdown table, and stop");
  add_inspect(app, shared);
  add_fit(app, shared);
  add_backtest(app, shared);
  add_forecast(app, shared);
  add_report(app, shared);
  if (count == 2 && std::string(words[1]) == "--keys") {
    Console(false).say(recipe_markdown());
    return 0;
  }
  check_verb(app, count, words);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return say_what_was_asked(app, error);
    fail_config("usage", "", std::string(error.what()), "see `sluice --help`");
  }
  return 0;
}

// The flag counts even where parsing fails before it is reached.
bool wants_json(int count, char** words) {
  for (int i = 1; i < count; ++i)
    if (std::string(words[i]) == "--json") return true;
  return false;
}

int guarded(int count, char** words) {
  const bool json = wants_json(count, words);
  Shared shared;
  try {
    return run(count, words, shared);
  } catch (const Error& error) {
    print_error(error, json);
    return static_cast<int>(error.code);
  } catch (const std::bad_alloc&) {
    print_error({ExitCode::data, "memory", "", "there is not enough memory for this job",
                 "use fewer rows, a shorter lookback or a smaller hidden_size"},
                json);
    return static_cast<int>(ExitCode::data);
  } catch (const std::exception& error) {
    print_error({ExitCode::internal, "internal", "", std::string("internal error: ") + error.what(),
                 "please report this with the command and the recipe"},
                json);
    return static_cast<int>(ExitCode::internal);
  }
}

}  // namespace

void handle_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

}  // namespace sluice::cli

int main(int count, char** words) {
#ifdef SIGXFSZ
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit becomes a write error with a sentence
#endif
  std::signal(SIGPIPE, SIG_IGN);
  return sluice::cli::guarded(count, words);
}
