// Fields of the CSV files we write.
#pragma once

#include <string>
#include <string_view>

#include "sluice/data/frame.h"

namespace sluice::cli {

/// Quoted where it has to be.
std::string csv_field(std::string_view text);
/// The shortest text that reads back as the same number; "" for NaN.
std::string csv_number(double value);
/// The date of a row as the file writes it, or its number from 1 where there are no dates.
std::string date_label(const Frame& frame, int64_t row);
/// The `count` dates (or row numbers) after the last row.
std::vector<std::string> future_labels(const Frame& frame, int count);

/// Throws now what write_output would throw after the work.
void check_output(const std::string& path);

/// Writes to a file, whole or not at all, or to stdout for "-".
void write_output(const std::string& path, std::string_view text);

}  // namespace sluice::cli
