// Lines of a text with their numbers, as an editor shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/data/text_source.h"

namespace sluice {

/// Takes off a UTF-8 byte order mark and line ends of any kind (LF, CRLF, CR); refuses what is not
/// text (Error "data.encoding", "data.other_format").
class LineReader {
 public:
  LineReader(TextSource& source, std::string name);

  /// The next line without its end; false after the last. The view lives until the next call.
  bool next(std::string_view& line);
  /// Number of the line next() gave, from 1.
  int64_t number() const { return number_; }
  /// Up to `count` lines ahead (fewer if the block read so far holds fewer), not consumed.
  std::vector<std::string_view> peek(size_t count) const;
  bool empty() const { return begin_ == end_; }
  const std::string& name() const { return name_; }

 private:
  bool refill();
  void check_start();

  TextSource& source_;
  std::string name_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
  bool at_end_ = false;
  char line_end_ = '\n';
  int64_t number_ = 0;
};

}  // namespace sluice
