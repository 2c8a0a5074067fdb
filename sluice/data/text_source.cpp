#include "sluice/data/text_source.h"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sluice/base/error.h"

namespace sluice {
namespace {

// zlib reads plain files through the same calls.
class FileText : public TextSource {
 public:
  explicit FileText(const std::string& path) : path_(path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) fail_open(errno);
    if (S_ISDIR(info.st_mode))
      fail_data("data.file", path, "this is a directory, not a file", "name a CSV file in it");
    file_ = gzopen(path.c_str(), "rb");
    if (file_ == nullptr) fail_open(errno != 0 ? errno : ENOMEM);
    gzbuffer(file_, 1u << 18);
  }
  ~FileText() override { gzclose_r(file_); }
  FileText(const FileText&) = delete;
  FileText& operator=(const FileText&) = delete;

  size_t read(std::span<char> out) override {
    const int count = gzread(file_, out.data(), static_cast<unsigned>(out.size()));
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    if (code == Z_BUF_ERROR)
      fail_data("data.truncated", path_, "the compressed file ends too early",
                "copy or download it again");
    if (count < 0 && code == Z_ERRNO)
      fail_data("data.file", path_, std::string("reading failed: ") + std::strerror(errno));
    if (count < 0)
      fail_data("data.corrupt", path_, std::string("the compressed file is damaged (") + text + ")",
                "copy or download it again");
    return static_cast<size_t>(count);
  }

 private:
  [[noreturn]] void fail_open(int error) const {
    if (error == ENOENT)
      fail_data("data.file", path_, "no such file", "check the name and the directory");
    fail_data("data.file", path_, std::string("cannot be read: ") + std::strerror(error));
  }

  std::string path_;
  gzFile file_ = nullptr;
};

class MemoryText : public TextSource {
 public:
  explicit MemoryText(std::string_view text) : rest_(text) {}
  size_t read(std::span<char> out) override {
    const size_t count = std::min(out.size(), rest_.size());
    std::copy_n(rest_.begin(), count, out.begin());
    rest_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::unique_ptr<TextSource> open_text(const std::string& path) {
  return std::make_unique<FileText>(path);
}

std::unique_ptr<TextSource> memory_text(std::string_view text) {
  return std::make_unique<MemoryText>(text);
}

}  // namespace sluice
