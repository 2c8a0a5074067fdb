// How a CSV file is written: its delimiter, header and decimal sign, from its first rows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/data/csv.h"
#include "sluice/data/csv_number.h"

namespace sluice {

/// The first rows of a file, kept whole.
struct CsvSample {
  std::vector<std::vector<std::string>> rows;
  std::vector<int64_t> lines;
};

/// The delimiter of columns that are set apart by any number of blanks or tabs.
constexpr char blanks = ' ';
/// The words of a line: what stands between blanks.
std::vector<std::string_view> words_of(std::string_view line);

/// One of , ; tab | that cuts most lines into the same number of cells, two at least; else blanks,
/// if they do and no line could be one number or time; a comma where nothing does (a single
/// column).
char infer_delimiter(std::span<const std::string_view> lines);
/// The delimiter an option names ("tab", "\t", ";", "blanks"); throws Error "config.delimiter".
char parse_delimiter(const std::string& option);

/// True unless the first row is made of numbers and dates where the others are.
bool infer_header(const CsvSample& sample);

/// The decimal sign: as given, or a comma where cells prove it ("1,5") and none proves a point.
NumberStyle infer_number_style(const CsvSample& sample, const CsvOptions& options,
                               std::vector<std::string>& notes);

/// Column names from the header row or "column_1" …; empty and repeated ones are renamed and noted.
std::vector<std::string> column_names(std::vector<std::string> header, size_t width,
                                      std::vector<std::string>& notes);

}  // namespace sluice
