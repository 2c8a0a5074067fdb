#include "examples/support/job.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "sluice/base/error.h"
#include "sluice/io/atomic_file.h"

namespace sluice::job {
namespace {

// A whole number in [low, high], or -1.
int whole(const std::string& text, int low, int high) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  return !text.empty() && *end == '\0' && value >= low && value <= high ? static_cast<int>(value)
                                                                        : -1;
}

bool read_arguments(Arguments& arguments, int count, char** texts) {
  int i = 1;
  if (i < count && texts[i][0] != '-') arguments.data = texts[i++];
  for (; i + 1 < count; i += 2) {
    const std::string name = texts[i], value = texts[i + 1];
    if (name == "--out")
      arguments.out = value;
    else if (name == "--seeds")
      arguments.seeds = whole(value, 1, 1000);
    else if (name == "--verbose")
      arguments.verbose = whole(value, 0, 2);
    else
      return false;
  }
  return i == count && arguments.seeds > 0 && arguments.verbose >= 0;
}

}  // namespace

int main_of(const Job& job, int count, char** texts) {
  Arguments arguments{.data = job.data, .out = job.name};
  if (!read_arguments(arguments, count, texts)) {
    std::fprintf(stderr, "usage: example_%s [DATA] [--out FOLDER] [--seeds N] [--verbose 0|1|2]\n",
                 job.name.c_str());
    return static_cast<int>(ExitCode::config);
  }
  try {
    make_folder(arguments.out);
    job.run(arguments);
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code);
  }
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  double squares = 0;
  for (const double value : values) squares += std::pow(value - mean(values), 2);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::string mean_and_sd(const std::vector<double>& values) {
  char text[60];
  std::snprintf(text, sizeof text, "%8.3f ± %7.3f", mean(values), standard_deviation(values));
  return text;
}

void write_result(const Arguments& arguments, const std::string& metric, const Scores& scores,
                  const std::vector<Floor>& floors) {
  std::string text = "{\"metric\": \"" + metric + "\", \"scores\": [";
  const auto number = [](double value) {
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.6g", value);
    return std::string(digits);
  };
  for (size_t i = 0; i < scores.values.size(); ++i)
    text += (i > 0 ? ", " : "") + number(scores.values[i]);
  text += "], \"seconds\": " + number(scores.seconds) + ", \"floors\": {";
  for (size_t i = 0; i < floors.size(); ++i)
    text += (i > 0 ? ", \"" : "\"") + floors[i].name + "\": " + number(floors[i].value);
  write_text_file(arguments.out + "/result.json", text + "}}\n");
}

void draw(const Chart& chart, const std::string& folder, const std::string& name) {
  for (const char* ending : {".png", ".svg"}) {
    const std::string path = folder + "/" + name + ending;
    write_chart(chart, path);
    std::printf("figure  %s\n", path.c_str());
  }
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace sluice::job
