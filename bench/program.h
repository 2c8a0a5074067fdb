// Our side of the benchmark's line protocol (bench/README.md).
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// What one `case` line asks for.
struct BenchCase {
  std::string name, cell, mode;
  int batch = 1, steps = 1, input_size = 1, hidden_size = 1, layers = 1;
  bool ragged = false;          ///< rows of 1 to `steps` steps, see lengths_of()
  bool processor_time = false;  ///< that the program got, not that which passed: for one thread
  /// The other words: options of the layer, as a recipe has them.
  std::vector<std::pair<std::string, std::string>> options;
  bool operator==(const BenchCase&) const = default;
};

struct BenchProbe {
  double loss, gradient, next_loss;
};

/// What a case takes.
struct BenchWork {
  double operations = 0;  ///< 2 · weights · steps, of every product, three times for training
  double unit_steps = 0;  ///< units · rows · steps really there, of all layers
  std::string products;   ///< one, two, projection, clocks, blocks or none: on the way round
};

/// Makes a function that does the whole work of a case once; null where the mode is not ours.
using BenchPrepare = std::function<std::function<void()>(const BenchCase&)>;
using BenchCheck = std::function<BenchProbe(const BenchCase&)>;
using BenchCount = std::function<BenchWork(const BenchCase&)>;

/// Answers commands on standard input until it ends; the program's exit status.
int serve(const BenchPrepare& prepare, const BenchCheck& check, const BenchCount& count = nullptr);

/// GFLOP/s of independent multiply-adds on every thread, with the instruction set in use.
double peak_gflops();

/// element k of a case's numbers: sin(0.7 (k mod 1009)² + 0.3 k + phase)
double wave(long k, double phase);

}  // namespace sluice
