#include "sluice/data/csv_rows.h"

#include <csv.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/csv_dialect.h"

namespace sluice {
namespace {

constexpr size_t longest_row = size_t{1} << 24;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

// libcsv hands over one field at a time; they are kept until the row ends.
struct CsvRows::Tokenizer {
  csv_parser parser;
  std::string text;
  std::vector<size_t> ends;
  bool row_done = false;

  explicit Tokenizer(char delimiter) {
    if (csv_init(&parser, 0) != 0) fail_data("data.memory", "", "no memory for the CSV tokenizer");
    csv_set_delim(&parser, static_cast<unsigned char>(delimiter));
  }
  ~Tokenizer() { csv_free(&parser); }
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  void feed(std::string_view bytes, const std::string& where) {
    if (csv_parse(&parser, bytes.data(), bytes.size(), on_field, on_row, this) != bytes.size())
      fail_data("data.csv", where, csv_strerror(csv_error(&parser)));
  }
  static void on_field(void* bytes, size_t count, void* self) {
    auto* tokenizer = static_cast<Tokenizer*>(self);
    tokenizer->text.append(static_cast<const char*>(bytes), count);
    tokenizer->ends.push_back(tokenizer->text.size());
  }
  static void on_row(int, void* self) { static_cast<Tokenizer*>(self)->row_done = true; }
};

CsvRows::CsvRows(LineReader& lines, char delimiter, std::string comment)
    : lines_(lines),
      delimiter_(delimiter),
      comment_(std::move(comment)),
      tokenizer_(std::make_unique<Tokenizer>(delimiter)) {}

CsvRows::~CsvRows() = default;

bool CsvRows::is_comment(std::string_view line) const {
  return !comment_.empty() && line.starts_with(comment_);
}

bool CsvRows::next() {
  std::string_view line;
  while (lines_.next(line)) {
    line_ = lines_.number();
    if (is_comment(line)) continue;
    if (trim(line).empty()) {
      if (!keep_blank_) continue;
      cells_.assign(1, std::string_view());
      return true;
    }
    // Only lines with quotes need the tokenizer's rules; the rest is cut in place.
    if (line.find('"') == std::string_view::npos)
      split(line);
    else
      tokenize(line);
    if (keep_blank_ || !blank_row()) return true;
  }
  return false;
}

void CsvRows::split(std::string_view line) {
  if (delimiter_ == blanks) {
    cells_ = words_of(line);
    return;
  }
  cells_.clear();
  const char* at = line.data();
  const char* end = at + line.size();
  for (;;) {
    const void* found =
        at < end ? std::memchr(at, delimiter_, static_cast<size_t>(end - at)) : nullptr;
    const char* stop = found != nullptr ? static_cast<const char*>(found) : end;
    cells_.push_back(trim({at, static_cast<size_t>(stop - at)}));
    if (found == nullptr) return;
    at = stop + 1;
  }
}

void CsvRows::tokenize(std::string_view line) {
  Tokenizer& tokenizer = *tokenizer_;
  const std::string where = lines_.name() + ":" + std::to_string(line_);
  tokenizer.text.clear();
  tokenizer.ends.clear();
  tokenizer.row_done = false;
  tokenizer.feed(line, where);
  tokenizer.feed("\n", where);
  size_t bytes = line.size();
  while (!tokenizer.row_done) {  // inside a quoted field: it goes on in the next line
    if (!lines_.next(line) || (bytes += line.size()) > longest_row)
      fail_data("data.quote", where, "a quote that opens in this row is never closed",
                "close it, or double a quote that belongs to the text");
    tokenizer.feed(line, where);
    tokenizer.feed("\n", where);
  }
  cells_.clear();
  size_t begin = 0;
  for (const size_t end : tokenizer.ends) {
    const std::string_view cell = trim(std::string_view(tokenizer.text).substr(begin, end - begin));
    if (delimiter_ != blanks || !cell.empty()) cells_.push_back(cell);
    begin = end;
  }
}

bool CsvRows::blank_row() const {
  return std::all_of(cells_.begin(), cells_.end(), [](std::string_view c) { return c.empty(); });
}

}  // namespace sluice
