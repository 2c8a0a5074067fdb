#include "console.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>

namespace sluice::cli {
namespace {

bool on_terminal() { return isatty(STDERR_FILENO) != 0; }

void write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);
}

}  // namespace

void Console::say(std::string_view text) {
  if (json_) return;
  clear_bar();
  if (say_on_stderr_)
    write(stderr, text);
  else
    write_stdout(text);
}

void Console::log(std::string_view text) {
  clear_bar();
  write(stderr, text);
  write(stderr, "\n");
}

void Console::progress(std::string_view what, int done, int total) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  if (on_terminal()) {
    const int filled = total > 0 ? 30 * done / total : 30;
    const std::string bar = std::string(static_cast<size_t>(filled), '#') +
                            std::string(static_cast<size_t>(30 - filled), '.');
    write(stderr, fmt::format("\r{} [{}] {}/{} {:.0f} s ", what, bar, done, total, seconds));
    bar_shown_ = true;
    if (done >= total) clear_bar();
  } else if (done == 0 || done >= total || seconds - last_line_ > 2) {
    last_line_ = seconds;
    write(stderr, fmt::format("{} {}/{}, {:.1f} s\n", what, done, total, seconds));
  }
}

void Console::result(const Json& document) {
  if (!json_) return;
  clear_bar();
  write_stdout(document.dump(2) + "\n");
}

TrainingOutput Console::training_output() {
  return {on_terminal(), [this](std::string_view text) {
            clear_bar();
            write(stderr, text);
          }};
}

void Console::clear_bar() {
  if (bar_shown_) write(stderr, "\r\x1b[K");
  bar_shown_ = false;
}

void write_stdout(std::string_view text) {
  write(stdout, text);
  const bool unread = errno == EPIPE;
  if (!std::ferror(stdout)) return;
  if (!unread) fail_data("io.write", "stdout", "the output cannot be written", "is the disk full?");
  std::clearerr(stdout);
}

void print_error(const Error& error, bool json) {
  std::string text = std::string("sluice: ") + error.what() + "\n";
  if (json)
    text = Json{{"error",
                 {{"id", error.id},
                  {"where", error.where},
                  {"message", error.message},
                  {"hint", error.hint},
                  {"exit_code", static_cast<int>(error.code)}}}}
               .dump(-1, ' ', false, Json::error_handler_t::replace) +
           "\n";
  write(stderr, text);
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace sluice::cli
