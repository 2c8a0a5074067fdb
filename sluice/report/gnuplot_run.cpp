#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/io/atomic_file.h"
#include "sluice/report/gnuplot.h"

namespace sluice {

namespace {

namespace fs = std::filesystem;

constexpr const char* install = "install it (apt-get install gnuplot-nox)";

class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code none;
    const fs::path parent = fs::temp_directory_path(none);
    std::string name = ((none ? fs::path(".") : parent) / "sluice-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      fail_data("io.write", name,
                std::string("no folder can be made there: ") + std::strerror(errno),
                "set TMPDIR to a folder that you may write to");
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;  // a folder left in the temporary place is no harm
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Without a shell; -d: the user's own start-up files do not change our figures.
int spawn_gnuplot(const ScratchFolder& folder) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "messages", O_WRONLY | O_CREAT, 0600);
  std::string program = "gnuplot", defaults = "-d", script = "figure.gp";
  char* arguments[] = {program.data(), defaults.data(), script.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, "gnuplot", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT)
    fail_config("report.gnuplot", "gnuplot", "figures are drawn by gnuplot, which is not installed",
                install);
  if (error != 0)
    fail_config("report.gnuplot", "gnuplot",
                std::string("gnuplot cannot be started: ") + std::strerror(error), install);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

// gnuplot shows the line of the script first and ends with the reason.
std::string last_line(const std::string& messages) {
  const size_t end = messages.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "gnuplot gave no reason";
  const size_t before = messages.rfind('\n', end);
  const size_t start = before == std::string::npos ? 0 : before + 1;
  return messages.substr(start, end + 1 - start);
}

// On a full disk gnuplot leaves a part of the picture and may not even complain.
bool is_complete(const std::string& picture) {
  const size_t tail = picture.size() < 16 ? 0 : picture.size() - 16;
  const std::string end = picture.substr(tail);
  return end.find("IEND") != std::string::npos || end.find("</svg>") != std::string::npos;
}

}  // namespace

std::string run_gnuplot(const std::string& script, const std::string& picture_name) {
  const ScratchFolder folder;
  write_text_file(folder.file("figure.gp"), script);
  const int status = spawn_gnuplot(folder);
  std::string picture = read_all(folder.file(picture_name));
  const bool stopped_writing = WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
  if (stopped_writing || (status == 0 && !picture.empty() && !is_complete(picture)))
    fail_data("io.write", folder.path().string(),
              "the figure was cut short there while it was drawn: the disk is full or files are "
              "limited in size",
              "free some space, or set TMPDIR to a folder with more");
  if (status != 0 || picture.empty())
    fail_config("report.gnuplot", "gnuplot",
                "the figure could not be drawn: " + last_line(read_all(folder.file("messages"))),
                "install gnuplot 5 with PNG output (apt-get install gnuplot-nox)");
  return picture;
}

}  // namespace sluice
