// The verbs of the command; each file adds its own to the parser.
#pragma once

#include <CLI/CLI.hpp>

namespace sluice::cli {

/// Options that every verb knows.
struct Shared {
  bool json = false;
};

void add_inspect(CLI::App& app, Shared& shared);
void add_fit(CLI::App& app, Shared& shared);
void add_backtest(CLI::App& app, Shared& shared);
void add_forecast(CLI::App& app, Shared& shared);
void add_report(CLI::App& app, Shared& shared);

/// From now on Ctrl-C asks training to end and keep its best; a second one ends the program.
void handle_interrupts();

}  // namespace sluice::cli
