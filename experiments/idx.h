// Files of the idx format, plain or gzip-compressed: what MNIST is kept in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::experiment {

/// Unsigned bytes with up to four axes, the last one running fastest.
struct IdxBytes {
  std::vector<int64_t> shape;
  std::vector<uint8_t> values;
};

/// Reads the file: 0, 0, the type 0x08, the number of axes, four bytes for the size of each, the
/// greatest byte first, then the values (LeCun's page on MNIST). Throws Error "data.file",
/// "data.truncated" or "data.corrupt" as every file does, "data.idx" for another type, for more
/// axes, and where there are fewer or more values than the sizes say.
IdxBytes read_idx(const std::string& path);

}  // namespace sluice::experiment
