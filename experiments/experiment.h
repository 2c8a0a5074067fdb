// What the experiments share: their options, runs over seeds, and the table that they print.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sluice::experiment {

/// What follows the program's name.
struct CommandLine {
  int seeds = 5;  ///< --seeds 5: runs of every row
  /// --updates 20: a trial, cut short (on the chorales to so many passes over all pieces); it
  /// fails unless every loss fell. 0: no trial.
  int updates = 0;
  std::vector<std::string> cells;  ///< --cells lstm,gru: these rows only
  std::string data;                ///< --data FILE
  std::string picture;             ///< --picture FILE.svg, or .png
};

/// One training run of one row.
struct Run {
  std::vector<double> scores;  ///< one for each column of the table
  int64_t parameters = 0;
  double first_loss = 0, last_loss = 0;  ///< of the first and the last tenth of the updates
  std::vector<double> losses = {};       ///< of every update, where an experiment keeps them
};

struct Column {
  std::string name;
  int digits = 4;
};

struct Row {
  std::string name, published;
  std::function<Run(uint64_t seed)> run;
};

/// What needs no network; NAN where it has no such score.
struct Floor {
  std::string name;
  std::vector<double> scores;
};

struct Table {
  std::string title;
  std::vector<Column> columns;
  std::vector<Row> rows;
  std::vector<Floor> floors;
};

/// Runs every row with every seed and prints mean ± standard deviation, the first score of every
/// seed in order of size, and the processor time of one run. False if a trial did not learn.
bool print_table(const Table& table, const CommandLine& command_line);

/// What a program's main() does: reads the command line, runs `body` on one thread, and says on
/// stderr what went wrong. `body` returns whether all went well.
int run_program(int count, char** words, const std::function<bool(const CommandLine&)>& body);

}  // namespace sluice::experiment
