#include "command.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sluice {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Reads one end of a pipe to its end on a thread of its own. Not a file: a file-size limit of the
// command would cut its messages too.
class Listener {
 public:
  Listener() {
    if (pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  void start() {
    close(ends_[1]);
    thread_ = std::thread([this] {
      char block[4096];
      for (ssize_t count; (count = ::read(ends_[0], block, sizeof block)) > 0;) {
        const std::lock_guard<std::mutex> lock(mutex_);
        text_.append(block, static_cast<size_t>(count));
      }
    });
  }
  ~Listener() { close(ends_[0]); }
  int writing_end() const { return ends_[1]; }
  bool holds(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return text_.find(text) != std::string::npos;
  }
  std::string finish() {
    thread_.join();
    return text_;
  }

 private:
  int ends_[2] = {};
  std::thread thread_;
  std::mutex mutex_;
  std::string text_;
};

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& folder,
                         int out, int err, const Workplace::Limits& limits) {
  if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) _exit(126);
  if (!limits.output.empty() && dup2(open(limits.output.c_str(), O_WRONLY), STDOUT_FILENO) < 0)
    _exit(126);
  if (chdir(folder.c_str()) != 0) _exit(126);
  if (!limits.path_variable.empty()) setenv("PATH", limits.path_variable.c_str(), 1);
  if (limits.file_size >= 0) {
    const auto bytes = static_cast<rlim_t>(limits.file_size);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::vector<char*> words = {const_cast<char*>("sluice")};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execv(SLUICE_BINARY, words.data());
  _exit(127);
}

// Ctrl-C once the command has said what we wait for (or after 20 s, and the test fails).
void interrupt_when_said(pid_t child, Listener& err, const std::string& text) {
  const auto due = Clock::now() + std::chrono::seconds(20);
  while (Clock::now() < due && !err.holds(text))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, SIGINT);
}

}  // namespace

std::string CommandResult::last_error_line() const {
  const size_t end = err.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const size_t before = err.find_last_of('\n', end);
  const size_t begin = before == std::string::npos ? 0 : before + 1;
  return err.substr(begin, end + 1 - begin);
}

Workplace::Workplace() {
  std::string pattern = (fs::temp_directory_path() / "sluice-cli-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
}

Workplace::~Workplace() {
  std::error_code ignored;
  fs::permissions(folder_, fs::perms::owner_all, ignored);
  fs::remove_all(folder_, ignored);
}

void Workplace::write(const std::string& name, const std::string& content) const {
  std::ofstream(path(name), std::ios::binary) << content;
}

std::string Workplace::read(const std::string& name) const { return read_all(path(name)); }

std::map<std::string, std::string> Workplace::snapshot() const {
  std::map<std::string, std::string> all;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_))
    all[entry.path().string()] = entry.is_regular_file() ? read_all(entry.path().string()) : "";
  return all;
}

CommandResult Workplace::run(const std::vector<std::string>& arguments,
                             const Limits& limits) const {
  Listener out, err;
  const pid_t child = fork();
  if (child == 0) become(arguments, folder_, out.writing_end(), err.writing_end(), limits);
  out.start();
  err.start();
  if (!limits.wait_for.empty()) interrupt_when_said(child, err, limits.wait_for);
  int status = 0;
  waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return {code, out.finish(), err.finish()};
}

std::string monthly_csv(int rows) {
  std::string text = "month,sales\n";
  for (int i = 0; i < rows; ++i) {
    const double value = 100 + i + 20 * std::sin(2 * M_PI * i / 12) + (i * 7 % 5);
    const int month = i % 12 + 1;
    text += std::to_string(2000 + i / 12) + (month < 10 ? "-0" : "-") + std::to_string(month) +
            "," + std::to_string(value) + "\n";
  }
  return text;
}

}  // namespace sluice
