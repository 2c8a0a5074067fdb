// Files that are no tables of text, known by how they begin.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Throws Error "data.other_format" if `start`, the first bytes of the file `name`, belongs to a
/// workbook, an archive, a web page or the like.
void refuse_other_formats(std::string_view start, const std::string& name);

}  // namespace sluice
