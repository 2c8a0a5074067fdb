// The JSON header of a safetensors file: read without trust, written with aligned offsets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/shape.h"
#include "sluice/io/safetensors.h"

namespace sluice {

/// How the elements of one tensor are stored in the file.
struct StoredType {
  std::string name;  ///< "F32"
  uint64_t size;     ///< bytes of one element
};

/// The types we read; nullptr for another name.
const StoredType* find_stored_type(std::string_view name);
/// "F32, F64, …", for messages.
std::string stored_type_names();

/// One tensor as the header describes it; begin and end count from the first byte of data.
struct HeaderEntry {
  std::string name;
  const StoredType* type = nullptr;
  Shape shape;
  uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<HeaderEntry> entries;
  Metadata metadata;
};

/// Parses the JSON text. Throws Error "io.corrupt" or "io.dtype" naming `path`.
SafetensorsHeader parse_header(std::string_view json, const std::string& path);

/// Checks that the tensors fill exactly `data_size` bytes, without hole or overlap, each with the
/// bytes its shape needs. Throws Error "io.corrupt", or "io.truncated" if data is missing.
void check_layout(const SafetensorsHeader& header, uint64_t data_size, const std::string& path);

/// The JSON text, padded with spaces so that the data begins at a multiple of 8 bytes.
/// Throws Error "io.not_utf8" naming the text that JSON cannot carry.
std::string format_header(const SafetensorsHeader& header, const std::string& path);

}  // namespace sluice
