// Grey pictures as PNG files.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sluice::experiment {

/// Writes rows of `width` pixels, 0 black to 255 white, as the PNG specification (W3C 2003) has
/// them. Throws Error "io.write".
void write_png(const std::string& path, int64_t width, std::span<const uint8_t> pixels);

}  // namespace sluice::experiment
