#include "sluice/data/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/file_kind.h"

namespace sluice {
namespace {

constexpr size_t block = size_t{1} << 20;
constexpr size_t longest_line = size_t{1} << 24;

std::string_view without_return(const char* begin, const char* end) {
  if (end > begin && end[-1] == '\r') --end;
  return {begin, static_cast<size_t>(end - begin)};
}

}  // namespace

LineReader::LineReader(TextSource& source, std::string name)
    : source_(source), name_(std::move(name)), buffer_(block) {
  refill();
  check_start();
}

void LineReader::check_start() {
  const std::string_view text(buffer_.data(), end_);
  if (text.starts_with("\xEF\xBB\xBF")) begin_ = 3;
  if (text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos)
    line_end_ = '\r';
}

// Moves what is left to the front and reads on; false if nothing more came.
bool LineReader::refill() {
  if (at_end_) return false;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= longest_line)
      fail_data("data.line", name_ + ":" + std::to_string(number_ + 1),
                "the line is longer than 16 MB, so this is no table of text",
                "check that it is a CSV file");
    buffer_.resize(2 * buffer_.size());
  }
  const size_t count = source_.read({buffer_.data() + end_, buffer_.size() - end_});
  if (count == 0) at_end_ = true;
  const std::string_view start(buffer_.data(), end_ + count);
  if (number_ == 0 && (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")))
    fail_data("data.encoding", name_, "the file is UTF-16 text", "save it as UTF-8 and try again");
  if (number_ == 0 && end_ == 0) refuse_other_formats(start, name_);
  if (std::memchr(buffer_.data() + end_, '\0', count) != nullptr)
    fail_data("data.encoding", name_, "the file holds zero bytes, so it is not UTF-8 text",
              "check that it is a CSV file, and save it as UTF-8");
  end_ += count;
  return count > 0;
}

bool LineReader::next(std::string_view& line) {
  size_t searched = 0;
  for (;;) {
    const char* begin = buffer_.data() + begin_;
    const size_t length = end_ - begin_;
    const void* found =
        length > searched ? std::memchr(begin + searched, line_end_, length - searched) : nullptr;
    if (found != nullptr) {
      const char* end = static_cast<const char*>(found);
      line = without_return(begin, end);
      begin_ += static_cast<size_t>(end - begin) + 1;
      ++number_;
      return true;
    }
    searched = length;
    if (refill()) continue;
    if (begin_ == end_) return false;
    line = without_return(buffer_.data() + begin_, buffer_.data() + end_);
    begin_ = end_;
    ++number_;
    return true;
  }
}

std::vector<std::string_view> LineReader::peek(size_t count) const {
  std::vector<std::string_view> lines;
  const char* at = buffer_.data() + begin_;
  const char* end = buffer_.data() + end_;
  while (lines.size() < count && at < end) {
    const void* found = std::memchr(at, line_end_, static_cast<size_t>(end - at));
    const char* stop = found != nullptr ? static_cast<const char*>(found) : end;
    if (found == nullptr && !at_end_ && !lines.empty()) break;  // a line cut by the block
    lines.push_back(without_return(at, stop));
    at = stop + (found != nullptr ? 1 : 0);
  }
  return lines;
}

}  // namespace sluice
