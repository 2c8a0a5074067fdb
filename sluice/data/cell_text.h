// Cells as messages show them.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// True if the bytes are well-formed UTF-8.
bool is_utf8(std::string_view text);

/// In quotes, and cut where it is long: a sentence must stay one whatever a cell holds.
std::string quote_cell(std::string_view cell);

}  // namespace sluice
