#include "sluice/io/model_file.h"

#include <charconv>
#include <cstdint>

#include "sluice/base/error.h"
#include "sluice/io/sha256.h"

namespace sluice {

namespace {

// Each piece goes in with its length before it, so that no two contents give the same bytes.
void add(Sha256& hash, std::string_view text) {
  const uint64_t length = text.size();
  hash.update(&length, sizeof length);
  hash.update(text);
}

void add(Sha256& hash, const Tensor& tensor) {
  add(hash, tensor.shape().to_string());
  dispatch(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::span<const T> values = tensor.values<T>();
    add(hash, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  });
}

// Over content, not over the file's bytes: any safetensors tool may rewrite the file.
std::string checksum(const NamedTensors& tensors, const Metadata& metadata) {
  Sha256 hash;
  for (const auto& [key, text] : metadata)
    if (key != model_checksum_key) add(hash, key), add(hash, text);
  std::map<std::string_view, const Tensor*> by_name;
  for (const auto& [name, tensor] : tensors) by_name[name] = &tensor;
  for (const auto& [name, tensor] : by_name) add(hash, name), add(hash, *tensor);
  return to_hexadecimal(hash.finish());
}

void check_version(const Metadata& metadata, const std::string& path) {
  const auto found = metadata.find(model_format_key);
  if (found == metadata.end())
    fail_data("model.foreign", path, "is a safetensors file but not a sluice model",
              "name a file that `sluice fit` made");
  const std::string& text = found->second;
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 1)
    fail_data("model.tampered", path, "the model file was changed: its format is \"" + text + "\"",
              "copy the file again or run `sluice fit` again");
  if (version > model_format_version)
    fail_data("model.version", path,
              "the model file has format " + text + ", and this sluice reads up to " +
                  std::to_string(model_format_version),
              "update sluice");
}

}  // namespace

const std::string& ModelFile::text(const std::string& key, const std::string& path) const {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    fail_data("model.key", path, "the model file lacks \"" + key + "\"", "run `sluice fit` again");
  return found->second;
}

void save_model(const ModelFile& model, const std::string& path) {
  Metadata metadata = model.metadata;
  metadata[model_format_key] = std::to_string(model_format_version);
  metadata[model_version_key] = SLUICE_VERSION;
  metadata[model_checksum_key] = checksum(model.tensors, metadata);
  write_safetensors(path, model.tensors, metadata);
}

ModelFile load_model(const std::string& path) {
  Safetensors file = read_safetensors(path);
  check_version(file.metadata, path);
  const auto found = file.metadata.find(model_checksum_key);
  if (found == file.metadata.end() || found->second != checksum(file.tensors, file.metadata))
    fail_data("model.tampered", path,
              "the model file was changed after it was saved: its checksum differs",
              "copy the file again or run `sluice fit` again");
  return {std::move(file.tensors), std::move(file.metadata)};
}

}  // namespace sluice
