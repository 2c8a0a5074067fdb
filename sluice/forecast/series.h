// The columns a recipe works on, in time order, and what of them was known at a given row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sluice/data/clean.h"
#include "sluice/data/csv.h"
#include "sluice/data/frame.h"
#include "sluice/forecast/recipe.h"

namespace sluice {

/// One target with its covariates. Holes are NaN where the recipe fills them (known() does).
struct Series {
  Frame frame;  ///< only the columns in use, regular in time
  std::string target;
  std::vector<std::string> past;
  CleanOptions cleaning;
  bool has_holes = false;

  int64_t rows() const { return frame.rows(); }
  std::span<const double> values() const;
};

CsvOptions csv_options(const Recipe& recipe);

/// Reads the file of the recipe and takes its columns and rows. Throws the errors of read_csv() and
/// clean(), Error "recipe.no_data", "config.target", "data.unknown_column", "config.rows".
Series read_series(const Recipe& recipe);
/// The same for a frame as read_csv() returns it.
Series make_series(Frame frame, const Recipe& recipe);

/// Rows [0, rows) with holes filled from these rows alone: all that was known then. Nothing that
/// is fitted or forecast sees anything else, so that no later row can reach a model.
Series known(const Series& series, int64_t rows);

/// Rows a portion means: of `rows`, or from the date on.
int64_t rows_in_last(const Portion& portion, const Frame& frame, int64_t rows,
                     const std::string& where);
/// Rows a portion means as a first part: a count, a share, or those before the date.
int64_t rows_in_first(const Portion& portion, const Frame& frame, int64_t rows,
                      const std::string& where);

}  // namespace sluice
