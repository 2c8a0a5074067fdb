#include "examples/support/job.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"
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

bool is_setting(const Job& job, const char* text) {
  return !job.parts.empty() && text[0] != '-' && std::strchr(text, '=') != nullptr;
}

bool read_arguments(const Job& job, Arguments& arguments, int count, char** texts) {
  int i = 1;
  if (i < count && texts[i][0] != '-' && !is_setting(job, texts[i])) arguments.data = texts[i++];
  while (count > i && is_setting(job, texts[count - 1]))
    arguments.settings.insert(arguments.settings.begin(), texts[--count]);
  for (; i + 1 < count; i += 2) {
    const std::string name = texts[i], value = texts[i + 1];
    if (name == "--out")
      arguments.out = value;
    else if (name == "--seeds")
      arguments.seeds = whole(value, 1, 1000);
    else if (name == "--epochs")
      arguments.epochs = whole(value, 1, 1000000);
    else if (name == "--verbose")
      arguments.verbose = whole(value, 0, 2);
    else if (name == "--only" && std::count(job.parts.begin(), job.parts.end(), value) > 0)
      arguments.only = value;
    else
      return false;
  }
  return i == count && arguments.seeds >= 0 && arguments.epochs >= 0 && arguments.verbose >= 0;
}

std::string number_text(double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.6g", value);
  return digits;
}

// One row of result.json. The names are this program's own and hold no quotes.
std::string result_text(const Result& result) {
  std::string text = "{\"metric\": \"" + result.metric + "\", \"scores\": [";
  for (size_t i = 0; i < result.scores.values.size(); ++i)
    text += (i > 0 ? ", " : "") + number_text(result.scores.values[i]);
  text += "], \"seconds\": " + number_text(result.scores.seconds) + ", \"floors\": {";
  for (size_t i = 0; i < result.floors.size(); ++i)
    text += (i > 0 ? ", \"" : "\"") + result.floors[i].name +
            "\": " + number_text(result.floors[i].value);
  return text + "}, \"peer\": [\"" + result.peer.file + "\", \"" + result.peer.entry + "\", \"" +
         result.peer.score + "\"]}";
}

}  // namespace

int main_of(const Job& job, int count, char** texts) {
  Arguments arguments{.data = job.data, .out = job.name, .seeds = job.seeds, .epochs = job.epochs};
  if (!read_arguments(job, arguments, count, texts)) {
    std::string more;
    for (const std::string& part : job.parts) more += (more.empty() ? " [--only " : "|") + part;
    if (!more.empty()) more += "] [key=value...]";
    std::fprintf(
        stderr,
        "usage: example_%s [DATA] [--out FOLDER] [--seeds N] [--epochs N] [--verbose 0|1|2]%s\n",
        job.name.c_str(), more.c_str());
    return static_cast<int>(ExitCode::config);
  }
  try {
    set_num_threads(1);
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

std::string mean_and_sd(const std::vector<double>& values, int digits) {
  char text[80];
  std::snprintf(text, sizeof text, "%8.*f ± %7.*f", digits, mean(values), digits,
                standard_deviation(values));
  return text;
}

void write_results(const Arguments& arguments, const std::vector<Result>& results) {
  std::string text = "[";
  for (const Result& result : results)
    text += (text.size() > 1 ? ",\n " : "") + result_text(result);
  write_text_file(arguments.out + "/result.json", text + "]\n");
}

void write_result(const Arguments& arguments, const std::string& metric, const Scores& scores,
                  const std::vector<Floor>& floors) {
  write_results(arguments, {{metric, scores, floors, {}}});
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

void draw(const Chart& chart, const std::string& folder, const std::string& name) {
  for (const char* ending : {".png", ".svg"}) {
    const std::string path = folder + "/" + name + ending;
    write_chart(chart, path);
    std::printf("figure  %s\n", path.c_str());
  }
}

double now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace sluice::job
