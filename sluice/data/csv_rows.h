// Rows of a CSV file as cells, tokenized by libcsv.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/data/line_reader.h"

namespace sluice {

/// Passes over blank lines, comment lines and rows whose cells are all empty. Cells are trimmed of
/// blanks and quotes; a quoted cell may run over several lines.
class CsvRows {
 public:
  CsvRows(LineReader& lines, char delimiter, std::string comment);
  ~CsvRows();
  CsvRows(const CsvRows&) = delete;
  CsvRows& operator=(const CsvRows&) = delete;

  /// The next row; false after the last. Throws Error "data.quote" for a quote that never closes.
  bool next();
  /// Valid until the next call of next().
  std::span<const std::string_view> cells() const { return cells_; }
  /// The line the row begins on.
  int64_t line() const { return line_; }
  /// In a table of one column a blank line is a missing value: from now on it is given as a row.
  void keep_blank() { keep_blank_ = true; }
  bool is_comment(std::string_view line) const;

 private:
  struct Tokenizer;
  void split(std::string_view line);
  void tokenize(std::string_view line);
  bool blank_row() const;

  LineReader& lines_;
  char delimiter_;
  std::string comment_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<std::string_view> cells_;
  int64_t line_ = 0;
  bool keep_blank_ = false;
};

}  // namespace sluice
