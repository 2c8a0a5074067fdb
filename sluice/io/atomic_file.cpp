#include "sluice/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {

namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& path) {
  const fs::path parent = fs::path(path).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

std::string resolve_links(const std::string& path) {
  std::error_code ignored;  // a path that does not resolve is reported when it is opened
  const fs::path resolved = fs::canonical(path, ignored);
  return ignored ? path : resolved.string();
}

// A write past the file-size limit raises SIGXFSZ, which would end the program: held back while
// we write, so that the limit is an error like a full disk.
class HoldFileSizeSignal {
 public:
  HoldFileSizeSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~HoldFileSizeSignal() {
    const timespec now{};
    while (sigtimedwait(&set_, nullptr, &now) > 0) continue;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HoldFileSizeSignal(const HoldFileSizeSignal&) = delete;
  HoldFileSizeSignal& operator=(const HoldFileSizeSignal&) = delete;

 private:
  sigset_t set_{}, before_{};
};

struct Reason {
  std::string message, hint;
};

Reason reason_of(int error, const std::string& path) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return {"cannot be written because the disk is full", "free some space or write elsewhere"};
    case EFBIG:
      return {"cannot be written because it would exceed the file-size limit",
              "raise the limit (ulimit -f) or write less"};
    case ENOENT:
      return {
          "cannot be written because the folder " + folder_of(path).string() + " does not exist",
          "create the folder or choose another path"};
    case ENOTDIR:
      return {"cannot be written because " + folder_of(path).string() + " is not a folder",
              "choose another path"};
    case EISDIR:
      return {"cannot be written because it is a folder", "name a file inside it"};
    case EACCES:
    case EPERM:
      return {"cannot be written because you have no permission",
              "choose a path that you may write to"};
    case EROFS:
      return {"cannot be written because the file system is read-only", "choose another path"};
    default:
      return {std::string("cannot be written: ") + std::strerror(error), "choose another path"};
  }
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(resolve_links(path_)) {
  if (path_.empty()) fail_data("io.write", "output", "the file name is empty", "name a file");
  struct stat old{};
  const bool exists = ::stat(target_.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) fail(EISDIR);
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail(errno);
  if (exists && !S_ISREG(old.st_mode)) {
    descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail(errno);
    return;
  }
  static std::atomic<int> count{0};
  do {
    const std::string name =
        ".sluice-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".tmp";
    temporary_ = (folder_of(target_) / name).string();
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    fail(error);
  }
  if (exists && ::fchmod(descriptor_, old.st_mode & 07777) != 0) fail(errno);
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::fail(int error) {
  discard();
  Reason reason = reason_of(error, path_);
  fail_data("io.write", path_, std::move(reason.message), std::move(reason.hint));
}

void AtomicFile::write(const void* bytes, size_t count) {
  const HoldFileSizeSignal hold;
  const char* next = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    if (written == 0) fail(ENOSPC);
    next += written;
    count -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  if (temporary_.empty()) {
    const int closed = ::close(std::exchange(descriptor_, -1));
    if (closed != 0) fail(errno);
    return;
  }
  if (::fsync(descriptor_) != 0) fail(errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();

  const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;  // a folder one may write but not read cannot be synced
  const int synced = ::fsync(folder);
  const int error = errno;
  ::close(folder);
  if (synced != 0 && error != EINVAL) fail(error);  // EINVAL: this file system has no such thing
}

void write_text_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void check_writable(const std::string& path) {
  struct stat old{};
  const bool special = ::stat(path.c_str(), &old) == 0 && !S_ISREG(old.st_mode);
  if (!special || S_ISDIR(old.st_mode)) AtomicFile probe(path);
}

void make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return;
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && fs::is_directory(path, ignored)) return;
  Reason reason = reason_of(error == EEXIST ? ENOTDIR : error, path);
  if (error == EEXIST) reason.message = "cannot be made a folder because a file has that name";
  fail_data("io.write", path, std::move(reason.message), std::move(reason.hint));
}

}  // namespace sluice
