// Bytes of a table, from a plain or gzip-compressed file or from memory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice {

class TextSource {
 public:
  virtual ~TextSource() = default;
  /// Fills as much of `out` as there is; 0 at the end. Throws Error "data.truncated", "data.file".
  virtual size_t read(std::span<char> out) = 0;
};

/// Throws Error "data.file" for a file that is missing, a directory, or not readable.
std::unique_ptr<TextSource> open_text(const std::string& path);
/// `text` must outlive the source.
std::unique_ptr<TextSource> memory_text(std::string_view text);

}  // namespace sluice
