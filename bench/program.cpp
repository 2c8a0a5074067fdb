#include "bench/program.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <sstream>

#include "sluice/base/error.h"
#include "sluice/engine/cell_kernel.h"
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
  const std::pair<const char*, int*> sizes[] = {{"batch", &c.batch},
                                                {"steps", &c.steps},
                                                {"input_size", &c.input_size},
                                                {"hidden_size", &c.hidden_size},
                                                {"layers", &c.layers}};
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
    const auto size = std::find_if(std::begin(sizes), std::end(sizes),
                                   [&](const auto& each) { return key == each.first; });
    if (size != std::end(sizes))
      *size->second = std::stoi(value);
    else if (key == "ragged")
      c.ragged = value == "1";
    else if (key == "processor_time")
      c.processor_time = value == "1";
    else
      c.options.emplace_back(key, value);
  }
  return c;
}

double now(bool processor_time) {
  timespec time{};
  clock_gettime(processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
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
    timed(2);
    double once = timed(1);  // the least of a few: a call that had to wait says nothing
    for (int i = 0; i < 5 && once < sample; ++i) once = std::min(once, timed(1));
    repetitions_ = std::max(1L, std::lround(sample / once));
    return true;
  }
  double milliseconds() { return 1e3 * timed(repetitions_) / static_cast<double>(repetitions_); }

 private:
  double timed(long repetitions) const {
    const double begin = now(case_.processor_time);
    for (long i = 0; i < repetitions; ++i) call_();
    return now(case_.processor_time) - begin;
  }

  const BenchPrepare& prepare_;
  BenchCase case_;
  std::function<void()> call_;
  long repetitions_ = 1;
};

}  // namespace

int serve(const BenchPrepare& prepare, const BenchCheck& check, const BenchCount& count) {
  std::cout << "ready sluice " << SLUICE_VERSION << std::endl;
  Sampler sampler(prepare);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    char answer[1024] = "unsupported";
    if (command == "quit") return 0;
    if (command == "peak") {
      std::snprintf(answer, sizeof answer, "%.6g %s", peak_gflops(), simd_target());
    } else if (command == "case") {
      if (sampler.choose(parse(words)))
        std::snprintf(answer, sizeof answer, "%.6g", sampler.milliseconds());
    } else if (command == "check" && check) {
      const BenchProbe p = check(parse(words));
      std::snprintf(answer, sizeof answer, "%.6g %.6g %.6g", p.loss, p.gradient, p.next_loss);
    } else if (command == "count" && count) {
      const BenchWork work = count(parse(words));
      std::snprintf(answer, sizeof answer, "%.6g %.6g %s", work.operations, work.unit_steps,
                    work.products.c_str());
    } else if (command == "cells") {
      std::string names;
      for (const std::string& name : cell_names()) names += name + " ";
      std::snprintf(answer, sizeof answer, "%s", names.c_str());
    }
    std::cout << answer << std::endl;
  }
  return 0;
}

}  // namespace sluice
