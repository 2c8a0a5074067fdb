// A cell as a number, or why it is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct NumberStyle {
  char decimal = '.';
  char thousands = 0;            ///< 0: none
  bool point_may_group = false;  ///< "1.050" among "950" is a question, not 1.05
};

enum class CellKind {
  number,
  missing,
  infinite,
  ambiguous,  ///< "1,234": a decimal comma or a separator of thousands
  text
};

class NumberReader {
 public:
  NumberReader(NumberStyle style, const std::vector<std::string>& extra_missing);

  /// `value` is NaN unless the cell is a number. Signs of people around it (number_signs.h) count.
  CellKind read(std::string_view cell, double& value) const;
  bool is_missing(std::string_view cell) const;

 private:
  CellKind read_bare(std::string_view cell, double& value) const;
  bool read_grouped(std::string_view cell, double& value) const;

  NumberStyle style_;
  std::vector<std::string> missing_;
};

/// Blanks and minus signs as typesetters write them (U+00A0, U+2009, U+202F, U+2212), as a keyboard
/// does; without those at the ends.
std::string keyboard_signs(std::string_view cell);

/// Digits in groups of three with `separator` between, then perhaps `decimal` and digits.
bool grouped_by_thousands(std::string_view cell, char separator, char decimal);

/// What a cell shows of the decimal sign of its file.
enum class DecimalProof { none, comma, point };
DecimalProof decimal_proof(std::string_view cell);

}  // namespace sluice
