// What the notebooks' jobs share: their arguments, their scores as text, their figures, main().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/report/chart.h"

namespace sluice::job {

struct Arguments {
  std::string data, out;
  int seeds = 5, epochs = 0;
  int verbose = 0;                         ///< TrainOptions::verbose of the first seed
  std::string only = {};                   ///< of a job of several parts, this one
  std::vector<std::string> settings = {};  ///< key=value, over those of the recipes
};

/// A job as main() needs it: what it is called, the file it reads unless told otherwise, its seeds
/// and its epochs (of both, 0: as its recipes say).
struct Job {
  std::string name, data;
  std::function<void(const Arguments&)> run;
  int seeds = 5, epochs = 1;
  std::vector<std::string> parts = {};  ///< that --only takes; a job that has them runs recipes
};
/// Runs the job on one thread (no number depends on that), so that several fit beside each other:
/// PROGRAM [DATA] [--out FOLDER] [--seeds N] [--epochs N] [--verbose 0|1|2], with parts also
/// [--only PART] [key=value…]; errors are one sentence on stderr and their exit code, 3 for wrong
/// usage.
int main_of(const Job& job, int count, char** arguments);

/// One score of every seed, and how long they took together.
struct Scores {
  std::vector<double> values = {};
  double seconds = 0;
};
double mean(const std::vector<double>& values);
/// With n − 1; 0 for a single value.
double standard_deviation(const std::vector<double>& values);
/// "  47.530 ±   1.200", with so many digits behind the point.
std::string mean_and_sd(const std::vector<double>& values, int digits = 3);

/// A line of what needs no network.
struct Floor {
  std::string name;
  double value;
};
/// Where the same job's numbers in another framework are committed: a file of the example's folder
/// and in it {"versions": …, ENTRY: {SCORE: [one a seed], "seconds": [one a seed]}}.
struct Peer {
  std::string file, entry, score;
};
/// What a job shows for itself: scores of its seeds, what needs no network, the framework beside.
struct Result {
  std::string metric;
  Scores scores = {};
  std::vector<Floor> floors = {};
  Peer peer = {};
};
/// FOLDER/result.json: what `make examples` reads.
void write_results(const Arguments& arguments, const std::vector<Result>& results);
/// One result that no framework stands beside.
void write_result(const Arguments& arguments, const std::string& metric, const Scores& scores,
                  const std::vector<Floor>& floors);
/// The file that DATA is, without its folder: the framework's entries begin with it.
std::string file_name(const std::string& path);

/// FOLDER/NAME.png and .svg, each said on stdout.
void draw(const Chart& chart, const std::string& folder, const std::string& name);

/// Seconds of work that this program has done, whatever else the machine does: a job has one
/// thread, so on an idle machine they are the wall's.
double now();

}  // namespace sluice::job
