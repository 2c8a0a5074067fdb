#include "experiments/png.h"

#include <zlib.h>

#include <vector>

#include "sluice/base/error.h"
#include "sluice/io/atomic_file.h"

namespace sluice::experiment {

namespace {

// The greatest byte first.
void append_number(std::string& to, uint64_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(number >> shift & 0xFF);
}

// Length, kind, contents, and the checksum of the last two.
void append_chunk(std::string& to, const std::string& kind, const std::string& contents) {
  append_number(to, contents.size());
  const std::string summed = kind + contents;
  to += summed;
  append_number(to, crc32(0, reinterpret_cast<const Bytef*>(summed.data()),
                          static_cast<uInt>(summed.size())));
}

std::string compressed(const std::string& bytes, const std::string& path) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string result(size, '\0');
  const int status =
      compress2(reinterpret_cast<Bytef*>(result.data()), &size,
                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 9);
  if (status != Z_OK)
    fail_data("io.write", path, "the picture cannot be compressed", "free some memory");
  result.resize(size);
  return result;
}

}  // namespace

void write_png(const std::string& path, int64_t width, std::span<const uint8_t> pixels) {
  const int64_t height = std::ssize(pixels) / width;
  std::string header, rows;
  append_number(header, static_cast<uint64_t>(width));
  append_number(header, static_cast<uint64_t>(height));
  header += std::string("\x08\0\0\0\0", 5);  // eight bits, grey, the only ways to pack and filter
  for (int64_t row = 0; row < height; ++row) {
    rows += '\0';  // no filter
    rows.append(reinterpret_cast<const char*>(pixels.data()) + row * width,
                static_cast<size_t>(width));
  }
  std::string file = "\x89PNG\r\n\x1a\n";
  append_chunk(file, "IHDR", header);
  append_chunk(file, "IDAT", compressed(rows, path));
  append_chunk(file, "IEND", "");
  write_text_file(path, file);
}

}  // namespace sluice::experiment
