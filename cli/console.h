// What a person sees and what a program reads: text on stdout, progress and logs on stderr, and
// with --json one document on stdout.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/forecast/training.h"

namespace sluice::cli {

using Json = nlohmann::ordered_json;

class Console {
 public:
  explicit Console(bool json) : json_(json) {}

  bool json() const { return json_; }
  /// Text for a person, on stdout; nothing with --json, or where stdout carries the output file.
  void say(std::string_view text);
  /// Sends say() to stderr: stdout is taken by `--out -`.
  void yield_stdout() { say_on_stderr_ = true; }
  /// A line on stderr.
  void log(std::string_view text);
  /// `done` of `total` on stderr: a bar on a terminal, now and then a plain line elsewhere.
  void progress(std::string_view what, int done, int total);
  /// The one document of --json.
  void result(const Json& document);
  /// Where the trainer's own lines go (recipe key `verbose`).
  TrainingOutput training_output();

 private:
  void clear_bar();

  bool json_ = false, say_on_stderr_ = false, bar_shown_ = false;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double last_line_ = 0;
};

/// A reader that has gone (`| head`) is no error: a fit must still keep its model.
void write_stdout(std::string_view text);

/// The error on stderr: a sentence, or a JSON object with id, where, message, hint and exit_code.
void print_error(const Error& error, bool json);

/// A number for JSON: NaN is null.
Json number(double value);

}  // namespace sluice::cli
