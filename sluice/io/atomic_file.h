// Output files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

/// Writes to a temporary file beside `path`; commit() syncs it, renames it to `path` and syncs
/// the folder. Destroyed without commit(), it removes the temporary file and the old file stays.
/// A link is followed; a device or a pipe (/dev/stdout) is written straight through.
/// Every failure throws Error "io.write" whose `where` is the path.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  [[noreturn]] void fail(int error);
  void discard() noexcept;

  std::string path_;       // as the caller gave it, for messages
  std::string target_;     // what is replaced, links followed
  std::string temporary_;  // empty when written straight through
  int descriptor_ = -1;
};

/// The whole of a text file at once, atomically.
void write_text_file(const std::string& path, std::string_view text);

/// Throws the Error that writing to `path` would throw now, and leaves nothing behind: for asking
/// before hours of work. A device or a pipe is not opened, for a reader would see it end.
void check_writable(const std::string& path);

/// Makes a folder if it is not there (its parent must be). Throws Error "io.write".
void make_folder(const std::string& path);

}  // namespace sluice
