#include "bench/program.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "sluice/base/error.h"
#include "sluice/tensor/panel.h"

namespace sluice {

double wave(long k, double phase) {
  const double m = static_cast<double>(k % 1009);
  return std::sin(0.7 * m * m + 0.3 * static_cast<double>(k) + phase);
}

namespace {

BenchCase parse(std::istringstream& words) {
  BenchCase c;
  words >> c.name >> c.cell >> c.mode;
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    const int value = std::stoi(word.substr(equals + 1));
    const std::string key = word.substr(0, equals);
    (key == "batch"         ? c.batch
     : key == "steps"       ? c.steps
     : key == "input_size"  ? c.input_size
     : key == "hidden_size" ? c.hidden_size
                            : c.layers) = value;
  }
  return c;
}

double timed(const std::function<void()>& call, long repetitions) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  for (long i = 0; i < repetitions; ++i) call();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Keeps the case that was asked for last, warm.
class Sampler {
 public:
  explicit Sampler(const BenchPrepare& prepare) : prepare_(prepare) {}

  bool choose(const BenchCase& c) {
    if (call_ && c == case_) return true;
    call_ = prepare_(c);
    if (!call_) return false;
    case_ = c;
    constexpr double sample = 0.15;
    timed(call_, 2);
    double once = timed(call_, 1);
    if (once < sample) once = timed(call_, 5) / 5;
    repetitions_ = std::max(1L, std::lround(sample / once));
    return true;
  }
  double milliseconds() {
    return 1e3 * timed(call_, repetitions_) / static_cast<double>(repetitions_);
  }

 private:
  const BenchPrepare& prepare_;
  BenchCase case_;
  std::function<void()> call_;
  long repetitions_ = 1;
};

}  // namespace

int serve(const BenchPrepare& prepare, const BenchCheck& check) {
  std::cout << "ready sluice " << SLUICE_VERSION << std::endl;
  Sampler sampler(prepare);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    char answer[128] = "unsupported";
    if (command == "quit") return 0;
    if (command == "peak") {
      std::snprintf(answer, sizeof answer, "%.6g %s", peak_gflops(), simd_target());
    } else if (command == "case") {
      if (sampler.choose(parse(words)))
        std::snprintf(answer, sizeof answer, "%.6g", sampler.milliseconds());
    } else if (command == "check" && check) {
      const BenchProbe p = check(parse(words));
      std::snprintf(answer, sizeof answer, "%.6g %.6g %.6g", p.loss, p.gradient, p.next_loss);
    }
    std::cout << answer << std::endl;
  }
  return 0;
}

}  // namespace sluice
