// Wrong input is reported by throwing one type, written for the person who reads it.
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace sluice {

/// What kind of failure it is; the command exits with this value.
enum class ExitCode {
  ok = 0,
  internal = 1,      ///< our fault
  data = 2,          ///< bad data, or a file that cannot be read or written
  config = 3,        ///< bad configuration or usage
  diverged = 4,      ///< training produced NaN or infinity
  interrupted = 130  ///< Ctrl-C; the best model so far is kept
};

/// The library never prints, exits or aborts: it throws this.
/// `id` is stable ("data.ragged_row"), `where` names file, row, column or option ("sales.csv:17"),
/// `message` is one clear sentence, `hint` says what to do about it.
class Error : public std::exception {
 public:
  Error(ExitCode code, std::string id, std::string where, std::string message,
        std::string hint = "");

  /// "where: message; hint", what a terminal shows.
  const char* what() const noexcept override { return text_.c_str(); }

  ExitCode code;
  std::string id, where, message, hint;

 private:
  std::string text_;
};

/// Bad data, or a file that cannot be read or written (exit code 2).
[[noreturn]] void fail_data(std::string id, std::string where, std::string message,
                            std::string hint = "");
/// Bad configuration or wrong use of the library (exit code 3).
[[noreturn]] void fail_config(std::string id, std::string where, std::string message,
                              std::string hint = "");

/// " did you mean \"learning_rate\"?" if one of `known` is close to `word`, else "".
std::string suggest(const std::string& word, const std::vector<std::string>& known);

}  // namespace sluice
