#include "sluice/data/cell_text.h"

namespace sluice {
namespace {

constexpr size_t quoted_length = 40;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    size_t more = 0;
    if (byte >= 0xC2 && byte <= 0xDF)
      more = 1;
    else if (byte >= 0xE0 && byte <= 0xEF)
      more = 2;
    else if (byte >= 0xF0 && byte <= 0xF4)
      more = 3;
    else if (byte >= 0x80)
      return false;
    if (i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    i += more + 1;
  }
  return true;
}

std::string quote_cell(std::string_view cell) {
  if (!is_utf8(cell)) return "a cell that is not UTF-8 text";
  if (cell.size() <= quoted_length) return "\"" + std::string(cell) + "\"";
  size_t end = quoted_length;
  while (continues_character(cell[end])) --end;
  return "\"" + std::string(cell.substr(0, end)) + "…\"";
}

}  // namespace sluice
