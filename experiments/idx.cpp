#include "experiments/idx.h"

#include <algorithm>
#include <span>

#include "sluice/base/error.h"
#include "sluice/data/text_source.h"

namespace sluice::experiment {

namespace {

constexpr int unsigned_byte = 0x08, most_axes = 4;
constexpr int64_t most_values = int64_t{1} << 31;
const char* const again = "copy or download it again";

// As many bytes as wanted, fewer at the end of the file; in pieces, since the wish may be a damaged
// header's.
std::string read_bytes(TextSource& source, size_t wanted) {
  constexpr size_t piece = size_t{1} << 20;
  std::string bytes;
  while (bytes.size() < wanted) {
    const size_t before = bytes.size();
    bytes.resize(std::min(wanted, before + piece));
    const size_t got = source.read(std::span(bytes).subspan(before));
    bytes.resize(before + got);
    if (got == 0) break;
  }
  return bytes;
}

std::string read_header(TextSource& source, size_t wanted, const std::string& path) {
  const std::string bytes = read_bytes(source, wanted);
  if (bytes.size() < wanted)
    fail_data("data.idx", path, "the file ends within its idx header", again);
  return bytes;
}

int64_t size_of(const std::string& bytes, size_t begin) {
  int64_t size = 0;
  for (size_t i = begin; i < begin + 4; ++i) size = size * 256 + static_cast<uint8_t>(bytes[i]);
  return size;
}

}  // namespace

IdxBytes read_idx(const std::string& path) {
  const auto source = open_text(path);
  const std::string start = read_header(*source, 4, path);
  if (start[0] != 0 || start[1] != 0)
    fail_data("data.idx", path, "an idx file begins with two zero bytes, this one does not",
              "give a file like train-images-idx3-ubyte.gz");
  if (start[2] != unsigned_byte)
    fail_data("data.idx", path,
              "its values have the type " + std::to_string(static_cast<uint8_t>(start[2])) +
                  ", and only unsigned bytes (8) are read",
              "give a file whose name ends in -ubyte or -ubyte.gz");
  const int axes = static_cast<uint8_t>(start[3]);
  if (axes < 1 || axes > most_axes)
    fail_data("data.idx", path, "it has " + std::to_string(axes) + " axes, and 1 to 4 are read",
              again);
  const std::string sizes = read_header(*source, 4 * static_cast<size_t>(axes), path);
  IdxBytes result;
  int64_t count = 1;
  for (int axis = 0; axis < axes; ++axis) {
    result.shape.push_back(size_of(sizes, 4 * static_cast<size_t>(axis)));
    if (result.shape.back() > 0 && count > most_values / result.shape.back())
      fail_data("data.idx", path, "its header speaks of more than 2^31 values", again);
    count *= result.shape.back();
  }
  // One byte more, to see whether there is one.
  const std::string bytes = read_bytes(*source, static_cast<size_t>(count) + 1);
  if (static_cast<int64_t>(bytes.size()) != count)
    fail_data(
        "data.idx", path,
        "its header speaks of " + std::to_string(count) + " values, and it has " +
            (static_cast<int64_t>(bytes.size()) > count ? "more" : std::to_string(bytes.size())),
        again);
  result.values.assign(bytes.begin(), bytes.end());
  return result;
}

}  // namespace sluice::experiment
