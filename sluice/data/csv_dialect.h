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

/// One of , ; tab | that cuts every line into the same number of cells, two at least; a comma where
/// none does (a file of one column).
char infer_delimiter(std::span<const std::string_view> lines);
/// The delimiter an option names ("tab", "\t", ";"); throws Error "config.delimiter".
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
