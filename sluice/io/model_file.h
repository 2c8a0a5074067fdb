// A `.sluice` file: a trained model in one file, which any safetensors reader can open too.
#pragma once

#include <string>

#include "sluice/io/safetensors.h"

namespace sluice {

/// Weights and everything else a forecast needs. The metadata's keys are the caller's (recipe,
/// scalers and history as JSON text, …) except those below, which save_model() writes.
struct ModelFile {
  NamedTensors tensors;
  Metadata metadata;

  /// The text under `key`; throws Error "model.key" that names `path` if there is none.
  const std::string& text(const std::string& key, const std::string& path = "model") const;
};

/// Version of the layout; a file of a newer one is refused with the advice to update.
inline constexpr int model_format_version = 1;

/// Written by save_model(): "sluice.format", "sluice.version" and "sluice.sha256" (over the
/// texts, names, shapes and numbers).
inline constexpr const char* model_format_key = "sluice.format";
inline constexpr const char* model_version_key = "sluice.version";
inline constexpr const char* model_checksum_key = "sluice.sha256";

/// Saves atomically: after a failure the old file is untouched and no other is left behind. Our
/// three keys are written anew, so a loaded model can be saved again. Throws as
/// write_safetensors().
void save_model(const ModelFile& model, const std::string& path);

/// Loads and verifies. Throws as read_safetensors(), and Error "model.foreign" (safetensors of
/// another tool), "model.version" (a newer format) or "model.tampered" (the checksum differs).
ModelFile load_model(const std::string& path);

}  // namespace sluice
