// Signs that stand around a number in a table for people: a currency, a percent sign, brackets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// A cell without the signs around its number: "($1,234.50)" is -, "$" and "1,234.50".
struct SignedNumber {
  std::string_view digits;  ///< begins with a digit or a decimal sign
  std::string_view unit;    ///< "$", "€", "%" …, or ""
  bool negative = false;    ///< in brackets, or with a minus before or behind

  /// The number as a program writes it: "-1,234.50".
  std::string plain() const { return (negative ? "-" : "") + std::string(digits); }
};

/// Nothing unless there are such signs, one of a kind, and a digit between them: "(-5)", "5-6" and
/// "(5) kg" are none.
std::optional<SignedNumber> without_signs(std::string_view cell);

}  // namespace sluice
