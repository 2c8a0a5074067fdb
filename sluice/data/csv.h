// Reading CSV and TSV files: what is not said is inferred, and noted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/data/frame.h"

namespace sluice {

/// Everything empty is inferred from the file.
struct CsvOptions {
  std::string delimiter;  ///< one character, "tab" or "blanks"; else among these
  std::optional<bool> header;
  std::vector<std::string> time;  ///< time columns in order; {"none"}: rows are only counted
  std::string time_format;        ///< see TimeFormat; "epoch", "epoch_ms", "excel"
  std::string decimal;            ///< "." or ","
  std::string thousands;          ///< never guessed: ",", ".", " " or "'"
  std::string comment = "#";      ///< lines that begin with it are skipped; "": none
  std::vector<std::string> missing_words;  ///< besides the usual ? NA NaN null - and nothing at all
  std::vector<std::string> columns;        ///< keep only these (and the time); empty: all
  int skip_rows = 0;                       ///< lines before the header to pass over
};

/// Reads a plain or gzip-compressed file of UTF-8 text. Rows keep the file's order (clean() puts
/// them in order). Throws Error: "data.file", "data.empty", "data.ragged_row", "data.quote",
/// "data.encoding", "data.truncated", "data.time", "data.mixed_time", "data.ambiguous_time" …
Frame read_csv(const std::string& path, const CsvOptions& options = {});
/// The same for text in memory; `name` stands for the file in messages.
Frame read_csv_text(std::string_view text, const std::string& name, const CsvOptions& options = {});

/// The words that mean "no value" in any file, for the documentation.
const std::vector<std::string>& missing_words();

}  // namespace sluice
