#include "sluice/report/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace sluice {

namespace {

struct Character {
  uint32_t code;  // 0xFFFD where the bytes are not UTF-8
  size_t bytes;   // at least 1
};

constexpr uint32_t replacement = 0xFFFD;

Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {replacement, 1};
  uint32_t code = lead & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {replacement, 1};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[bytes] || code > 0x10FFFF || surrogate) return {replacement, 1};
  return {code, bytes};
}

// Calls visit(code, bytes as valid UTF-8) for every character.
template <class Visit>
void for_each_character(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const Character c = first_character(text);
    const bool broken = c.code == replacement && c.bytes == 1;
    visit(c.code, broken ? std::string_view("\xEF\xBF\xBD") : text.substr(0, c.bytes));
    text.remove_prefix(c.bytes);
  }
}

int width_of(uint32_t code) {
  struct Range {
    uint32_t first, last;
  };
  constexpr Range combining[] = {{0x300, 0x36F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}};
  constexpr Range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0xA4CF},
                            {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                            {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                            {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  const auto within = [code](const Range& range) {
    return code >= range.first && code <= range.last;
  };
  if (std::any_of(std::begin(combining), std::end(combining), within)) return 0;
  return std::any_of(std::begin(wide), std::end(wide), within) ? 2 : 1;
}

std::string spaces(int count) { return std::string(static_cast<size_t>(std::max(0, count)), ' '); }

}  // namespace

std::string to_utf8(std::string_view text) {
  std::string result;
  for_each_character(text, [&](uint32_t, std::string_view bytes) { result += bytes; });
  return result;
}

std::string escape_html(std::string_view text) {
  std::string result;
  for_each_character(text, [&](uint32_t code, std::string_view bytes) {
    switch (code) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (code >= 32 ? code != 127 : code == '\n' || code == '\t') result += bytes;
    }
  });
  return result;
}

int display_width(std::string_view text) {
  int width = 0;
  for_each_character(text, [&](uint32_t code, std::string_view) { width += width_of(code); });
  return width;
}

std::string pad_left(const std::string& text, int width) {
  return spaces(width - display_width(text)) + text;
}

std::string pad_right(const std::string& text, int width) {
  return text + spaces(width - display_width(text));
}

int decimals_for(const std::vector<double>& values) {
  double smallest = INFINITY;
  for (double value : values)
    if (std::isfinite(value) && value != 0) smallest = std::min(smallest, std::abs(value));
  if (std::isinf(smallest)) return 0;
  return std::clamp(3 - static_cast<int>(std::floor(std::log10(smallest))), 0, 6);
}

std::string format_number(double value, int decimals) {
  if (std::isnan(value)) return "–";
  std::array<char, 64> text{};
  const double size = std::abs(value);
  const bool plain = value == 0 || (size < 1e15 && size >= 0.5 * std::pow(10, -decimals));
  std::snprintf(text.data(), text.size(), plain ? "%.*f" : "%.*g", plain ? decimals : 4, value);
  return text.data();
}

std::string format_count(size_t count) {
  std::string digits = std::to_string(count);
  for (size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

}  // namespace sluice
