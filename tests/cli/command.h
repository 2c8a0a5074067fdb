// Runs the built command in a folder of its own and tells what came of it.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sluice {

struct CommandResult {
  int exit_code = -1;
  std::string out, err;
  std::string last_error_line() const;
};

/// An empty folder that goes away with the object.
class Workplace {
 public:
  Workplace();
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& content) const;
  std::string read(const std::string& name) const;
  /// Names of everything in the folder, with the content of files: to see that nothing changed.
  std::map<std::string, std::string> snapshot() const;

  struct Limits {
    long file_size = -1;        ///< bytes a file may grow to: a full disk
    std::string wait_for;       ///< Ctrl-C once stderr holds this
    std::string path_variable;  ///< PATH, if not empty
    std::string output;         ///< what stdout is, if not empty: "/dev/full"
  };
  CommandResult run(const std::vector<std::string>& arguments) const { return run(arguments, {}); }
  CommandResult run(const std::vector<std::string>& arguments, const Limits& limits) const;

 private:
  std::string folder_;
};

/// "2000-01,100\n…": a monthly seasonal series.
std::string monthly_csv(int rows);

}  // namespace sluice
