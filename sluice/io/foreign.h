// Says what a file is that should have been another.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// From a file's first bytes: "is empty", "looks like a zip archive (as PyTorch's .pt files)",
/// "looks like text", …; a phrase to follow the subject.
std::string describe_content(std::string_view start);

}  // namespace sluice
