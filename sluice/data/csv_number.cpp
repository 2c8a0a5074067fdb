#include "sluice/data/csv_number.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "sluice/data/csv.h"
#include "sluice/data/number_signs.h"

namespace sluice {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view cell) {
  if (!cell.empty() && (cell.front() == '+' || cell.front() == '-')) cell.remove_prefix(1);
  return cell;
}

// The whole cell as a finite or infinite number; words such as "nan" and "inf" are none.
bool parse(std::string_view cell, char decimal, double& value) {
  if (!cell.empty() && cell.front() == '+') cell.remove_prefix(1);
  const std::string_view unsigned_part = without_sign(cell);
  if (unsigned_part.empty() || (!is_digit(unsigned_part[0]) && unsigned_part[0] != decimal))
    return false;
  const char* end = cell.data() + cell.size();
  const fast_float::parse_options options(fast_float::chars_format::general, decimal);
  const auto result = fast_float::from_chars_advanced(cell.data(), end, value, options);
  return result.ptr == end && result.ec != std::errc::invalid_argument;
}

bool is_infinity_word(std::string_view cell) {
  std::string word(without_sign(cell));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return word == "inf" || word == "infinity" || word == "\xE2\x88\x9E";
}

size_t digits_at(std::string_view text, size_t at) {
  size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count])) ++count;
  return count;
}

}  // namespace

const std::vector<std::string>& missing_words() {
  static const std::vector<std::string> words = {
      "",     "?",    "NA",   "N/A",  "n/a",  "na",   "#N/A", "#NA", "NaN", "nan", "NAN",    "-NaN",
      "-nan", "NULL", "Null", "null", "None", "none", "NaT",  "-",   "--",  ".",   "missing"};
  return words;
}

NumberReader::NumberReader(NumberStyle style, const std::vector<std::string>& extra_missing)
    : style_(style), missing_(missing_words()) {
  missing_.insert(missing_.end(), extra_missing.begin(), extra_missing.end());
}

bool NumberReader::is_missing(std::string_view cell) const {
  return std::find(missing_.begin(), missing_.end(), cell) != missing_.end();
}

CellKind NumberReader::read(std::string_view cell, double& value) const {
  const CellKind kind = read_bare(cell, value);
  if (kind != CellKind::text) return kind;
  const std::string keyboard = keyboard_signs(cell);
  const std::optional<SignedNumber> number = without_signs(keyboard);
  if (!number) return kind;
  const CellKind inner = read_bare(number->plain(), value);
  return inner == CellKind::missing ? CellKind::text : inner;
}

CellKind NumberReader::read_bare(std::string_view cell, double& value) const {
  if (style_.point_may_group && grouped_by_thousands(cell, '.', ',')) {
    value = std::numeric_limits<double>::quiet_NaN();
    return CellKind::ambiguous;
  }
  // A word given as missing may be a number ("-999"), so only then is the list asked first.
  const bool asked = missing_.size() > missing_words().size();
  if (!(asked && is_missing(cell))) {
    const bool grouped = style_.thousands != 0 && read_grouped(cell, value);
    if (grouped || parse(cell, style_.decimal, value)) {
      if (std::isfinite(value)) return CellKind::number;
      value = std::numeric_limits<double>::quiet_NaN();
      return CellKind::infinite;
    }
  }
  value = std::numeric_limits<double>::quiet_NaN();
  if (is_missing(cell)) return CellKind::missing;
  if (is_infinity_word(cell)) return CellKind::infinite;
  for (const char separator : {',', '.', ' ', '\''})
    for (const char decimal : {'.', ','})
      if (separator != decimal && grouped_by_thousands(cell, separator, decimal))
        return CellKind::ambiguous;
  if (const std::string plain = keyboard_signs(cell); plain != cell) return read_bare(plain, value);
  return CellKind::text;
}

bool NumberReader::read_grouped(std::string_view cell, double& value) const {
  if (!grouped_by_thousands(cell, style_.thousands, style_.decimal)) return false;
  std::string digits;
  for (const char c : cell)
    if (c != style_.thousands) digits += c;
  return parse(digits, style_.decimal, value);
}

std::string keyboard_signs(std::string_view cell) {
  static constexpr std::array<std::pair<std::string_view, char>, 4> signs = {
      {{"\xC2\xA0", ' '}, {"\xE2\x80\x89", ' '}, {"\xE2\x80\xAF", ' '}, {"\xE2\x88\x92", '-'}}};
  std::string plain(cell);
  for (const auto& [sign, key] : signs)
    for (size_t at = plain.find(sign); at != std::string::npos; at = plain.find(sign, at))
      plain.replace(at, sign.size(), 1, key);
  const size_t first = plain.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : plain.substr(first, plain.find_last_not_of(' ') + 1 - first);
}

bool grouped_by_thousands(std::string_view cell, char separator, char decimal) {
  cell = without_sign(cell);
  size_t at = digits_at(cell, 0);
  if (at < 1 || at > 3) return false;
  size_t groups = 0;
  while (at < cell.size() && cell[at] == separator) {
    if (digits_at(cell, at + 1) != 3) return false;
    at += 4;
    ++groups;
  }
  if (at < cell.size() && cell[at] == decimal) at += 1 + digits_at(cell, at + 1);
  return groups > 0 && at == cell.size();
}

DecimalProof decimal_proof(std::string_view cell) {
  cell = without_sign(cell);
  const size_t whole = digits_at(cell, 0);
  if (whole == cell.size()) return DecimalProof::none;
  const char sign = cell[whole];
  if (sign != ',' && sign != '.') return DecimalProof::none;
  const size_t fraction = digits_at(cell, whole + 1);
  if (whole + 1 + fraction != cell.size() || whole + fraction == 0) return DecimalProof::none;
  // "1,234" proves nothing; "0,234", "1234,567" and "1,5" do.
  const bool could_group = fraction == 3 && whole >= 1 && whole <= 3 && cell[0] != '0';
  if (could_group) return DecimalProof::none;
  return sign == ',' ? DecimalProof::comma : DecimalProof::point;
}

}  // namespace sluice
