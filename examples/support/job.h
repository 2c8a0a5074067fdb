// What the notebooks' jobs share: their arguments, their scores as text, their figures, main().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/report/chart.h"

namespace sluice::job {

struct Arguments {
  std::string data, out;
  int seeds = 5;
  int verbose = 0;  ///< TrainOptions::verbose of the first seed
};

/// A job as main() needs it: what it is called, and the file it reads unless told otherwise.
struct Job {
  std::string name, data;
  std::function<void(const Arguments&)> run;
};
/// PROGRAM [DATA] [--out FOLDER] [--seeds N] [--verbose 0|1|2]; errors are one sentence on stderr
/// and their exit code, 3 for wrong usage.
int main_of(const Job& job, int count, char** arguments);

/// One score of every seed, and how long they took together.
struct Scores {
  std::vector<double> values = {};
  double seconds = 0;
};
double mean(const std::vector<double>& values);
/// With n − 1; 0 for a single value.
double standard_deviation(const std::vector<double>& values);
/// "  47.53 ±  1.20"
std::string mean_and_sd(const std::vector<double>& values);

/// A line of what needs no network.
struct Floor {
  std::string name;
  double value;
};
/// FOLDER/result.json: what `make examples` reads.
void write_result(const Arguments& arguments, const std::string& metric, const Scores& scores,
                  const std::vector<Floor>& floors);

/// FOLDER/NAME.png and .svg, each said on stdout.
void draw(const Chart& chart, const std::string& folder, const std::string& name);

/// Seconds since the epoch of the machine's steady clock.
double now();

}  // namespace sluice::job
