#include "sluice/data/number_signs.h"

#include <array>

namespace sluice {
namespace {

constexpr std::array<std::string_view, 6> currencies = {"US$", "$", "€", "£", "¥", "₹"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void trim(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
}

// Takes signs off the ends of a cell, each kind once.
class Undresser {
 public:
  explicit Undresser(std::string_view cell) { left_.digits = cell; }

  std::optional<SignedNumber> run() {
    while (brackets() || minus() || currency() || percent()) trim(left_.digits);
    const std::string_view digits = left_.digits;
    if (digits.empty() || (!is_digit(digits.back()) && digits.back() != '.')) return std::nullopt;
    const bool begins = is_digit(digits[0]) || digits[0] == '.' || digits[0] == ',';
    if (!begins || (!left_.negative && left_.unit.empty())) return std::nullopt;
    return left_;
  }

 private:
  bool brackets() {
    if (left_.negative || left_.digits.size() < 3) return false;
    if (!left_.digits.starts_with('(') || !left_.digits.ends_with(')')) return false;
    left_.digits = left_.digits.substr(1, left_.digits.size() - 2);
    return left_.negative = true;
  }

  bool minus() {
    if (left_.negative) return false;
    if (left_.digits.starts_with('-'))
      left_.digits.remove_prefix(1);
    else if (left_.digits.ends_with('-'))
      left_.digits.remove_suffix(1);
    else
      return false;
    return left_.negative = true;
  }

  bool currency() {
    if (!left_.unit.empty()) return false;
    for (const std::string_view sign : currencies) {
      if (left_.digits.starts_with(sign))
        left_.digits.remove_prefix(sign.size());
      else if (left_.digits.ends_with(sign))
        left_.digits.remove_suffix(sign.size());
      else
        continue;
      left_.unit = sign;
      return true;
    }
    return false;
  }

  bool percent() {
    if (!left_.unit.empty() || !left_.digits.ends_with('%')) return false;
    left_.digits.remove_suffix(1);
    left_.unit = "%";
    return true;
  }

  SignedNumber left_;
};

}  // namespace

std::optional<SignedNumber> without_signs(std::string_view cell) { return Undresser(cell).run(); }

}  // namespace sluice
