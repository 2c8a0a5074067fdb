// The safetensors format: an 8-byte length, a JSON header, the numbers. Our own reader and writer.
#pragma once

#include <map>
#include <string>

#include "sluice/layers/module.h"

namespace sluice {

using Metadata = std::map<std::string, std::string>;

/// What a safetensors file holds: tensors in the header's order, and a table of texts.
struct Safetensors {
  NamedTensors tensors;
  Metadata metadata;
};

/// Writes the file beside, syncs it and renames it, so that `path` holds the old file or the new
/// one and never a part. Throws Error "io.write" (disk full, no such folder, …) or
/// "io.not_utf8" (a name or a text that JSON cannot carry); the old file is then untouched.
void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const Metadata& metadata = {});

/// Reads F32 and F64 as they are, and BOOL, U8…U64, I8…I64 as f64 (refusing integers that f64
/// cannot hold). Throws Error "io.read" (cannot be opened), "io.truncated", "io.corrupt",
/// "io.foreign" (another kind of file) or "io.dtype"; never allocates more than the file's size
/// accounts for.
Safetensors read_safetensors(const std::string& path);

}  // namespace sluice
