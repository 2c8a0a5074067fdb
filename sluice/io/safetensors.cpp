#include "sluice/io/safetensors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <set>

#include "sluice/base/error.h"
#include "sluice/io/atomic_file.h"
#include "sluice/io/foreign.h"
#include "sluice/io/safetensors_header.h"

namespace sluice {

namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr uint64_t length_bytes = 8;
constexpr uint64_t longest_header = 100'000'000;  // as other readers limit it
constexpr const char* copy_again = "copy the file again or make it anew";

/// A regular file open for reading at given places.
class InputFile {
 public:
  explicit InputFile(const std::string& path) : path_(path) {
    // Non-blocking, so that opening a pipe cannot wait for a writer for ever.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) fail_open(errno);
    struct stat status{};
    const bool known = ::fstat(descriptor_, &status) == 0;
    if (!known || !S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      fail_data("io.read", path,
                known && S_ISDIR(status.st_mode) ? "is a folder" : "is not a regular file",
                "name a file");
    }
    size_ = static_cast<uint64_t>(status.st_size);
  }
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  uint64_t size() const { return size_; }

  void read(uint64_t place, void* bytes, uint64_t count) const {
    char* next = static_cast<char*>(bytes);
    while (count > 0) {
      const ssize_t got = ::pread(descriptor_, next, count, static_cast<off_t>(place));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        fail_data("io.read", path_, std::string("cannot be read: ") + std::strerror(errno));
      if (got == 0)
        fail_data("io.truncated", path_, "the file became shorter while it was read", copy_again);
      next += got;
      place += static_cast<uint64_t>(got);
      count -= static_cast<uint64_t>(got);
    }
  }

 private:
  [[noreturn]] void fail_open(int error) const {
    if (error == ENOENT) fail_data("io.read", path_, "there is no such file", "check the path");
    if (error == EACCES) fail_data("io.read", path_, "you have no permission to read it");
    fail_data("io.read", path_, std::string("cannot be opened: ") + std::strerror(error));
  }

  const std::string& path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

// The length in the first 8 bytes, once it is sure that this is a file of our kind.
uint64_t read_header_length(const InputFile& file, const std::string& path) {
  std::array<char, 64> start{};
  const uint64_t there = std::min<uint64_t>(file.size(), start.size());
  file.read(0, start.data(), there);
  uint64_t length = 0;
  std::memcpy(&length, start.data(), length_bytes);
  const bool plausible =
      there > length_bytes && start[length_bytes] == '{' && length >= 2 && length <= longest_header;
  if (!plausible)
    fail_data("io.foreign", path,
              "is not a safetensors or .sluice file: it " +
                  describe_content({start.data(), static_cast<size_t>(there)}),
              "name a file that `sluice fit` or a safetensors writer made");
  if (length > file.size() - length_bytes)
    fail_data("io.truncated", path,
              "the file was cut short: its header has " + std::to_string(length) +
                  " bytes, but only " + std::to_string(file.size() - length_bytes) + " are there",
              copy_again);
  return length;
}

constexpr int64_t largest_exact = int64_t{1} << 53;  // up to here f64 holds every integer

template <class Integer>
bool fits_double(Integer value) {
  if constexpr (sizeof(Integer) < 8) return true;
  if constexpr (std::is_signed_v<Integer>)
    return value >= -largest_exact && value <= largest_exact;
  else
    return value <= static_cast<uint64_t>(largest_exact);
}

template <class Integer>
Tensor read_integers(const InputFile& file, uint64_t place, const HeaderEntry& entry,
                     const std::string& path) {
  Tensor tensor = Tensor::uninitialized(entry.shape, DType::f64);
  const std::span<double> values = tensor.values<double>();
  std::array<Integer, 4096> part{};
  for (size_t done = 0; done < values.size(); done += part.size()) {
    const size_t count = std::min(part.size(), values.size() - done);
    file.read(place + done * sizeof(Integer), part.data(), count * sizeof(Integer));
    for (size_t i = 0; i < count; ++i) {
      if (!fits_double(part[i]))
        fail_data("io.dtype", path,
                  "the tensor \"" + entry.name + "\" holds " + std::to_string(part[i]) +
                      ", which a 64-bit floating-point number cannot represent",
                  "store it as F64");
      values[done + i] = static_cast<double>(part[i]);
    }
  }
  return tensor;
}

template <class T>
Tensor read_floats(const InputFile& file, uint64_t place, const HeaderEntry& entry) {
  Tensor tensor = Tensor::uninitialized(entry.shape, dtype_of<T>);
  file.read(place, tensor.data<T>(), entry.end - entry.begin);
  return tensor;
}

Tensor read_tensor(const InputFile& file, uint64_t data, const HeaderEntry& entry,
                   const std::string& path) {
  const std::string& type = entry.type->name;
  const uint64_t place = data + entry.begin;
  if (type == "F32") return read_floats<float>(file, place, entry);
  if (type == "F64") return read_floats<double>(file, place, entry);
  if (type == "I8") return read_integers<int8_t>(file, place, entry, path);
  if (type == "U16") return read_integers<uint16_t>(file, place, entry, path);
  if (type == "I16") return read_integers<int16_t>(file, place, entry, path);
  if (type == "U32") return read_integers<uint32_t>(file, place, entry, path);
  if (type == "I32") return read_integers<int32_t>(file, place, entry, path);
  if (type == "U64") return read_integers<uint64_t>(file, place, entry, path);
  if (type == "I64") return read_integers<int64_t>(file, place, entry, path);
  return read_integers<uint8_t>(file, place, entry, path);  // BOOL, U8
}

// Offsets in the file: doubles first, so that every element is aligned to its size.
SafetensorsHeader lay_out(const NamedTensors& tensors, const Metadata& metadata) {
  SafetensorsHeader header{{}, metadata};
  std::set<std::string> names{"__metadata__"};
  for (const auto& [name, tensor] : tensors) {
    if (!names.insert(name).second)
      fail_config("io.duplicate_name", name, "two tensors to be saved have this name",
                  "give every tensor a name of its own");
    const bool wide = tensor.dtype() == DType::f64;
    header.entries.push_back({name, find_stored_type(wide ? "F64" : "F32"), tensor.shape(), 0, 0});
  }
  uint64_t place = 0;
  for (const uint64_t size : {8, 4})
    for (HeaderEntry& entry : header.entries)
      if (entry.type->size == size) {
        entry.begin = place;
        entry.end = place += size * static_cast<uint64_t>(entry.shape.numel());
      }
  return header;
}

}  // namespace

void write_safetensors(const std::string& path, const NamedTensors& tensors,
                       const Metadata& metadata) {
  const SafetensorsHeader header = lay_out(tensors, metadata);
  const std::string text = format_header(header, path);
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(&length, length_bytes);
  file.write(text);
  for (const DType dtype : {DType::f64, DType::f32})
    for (const auto& [name, tensor] : tensors)
      if (tensor.dtype() == dtype)
        dispatch(dtype, [&, &values = tensor](auto zero) {
          using T = decltype(zero);
          file.write(values.template data<T>(), values.template values<T>().size_bytes());
        });
  file.commit();
}

Safetensors read_safetensors(const std::string& path) {
  const InputFile file(path);
  const uint64_t length = read_header_length(file, path);
  std::string text(length, '\0');
  file.read(length_bytes, text.data(), length);
  SafetensorsHeader header = parse_header(text, path);
  const uint64_t data = length_bytes + length;
  check_layout(header, file.size() - data, path);

  Safetensors result{{}, std::move(header.metadata)};
  for (const HeaderEntry& entry : header.entries)
    result.tensors.emplace_back(entry.name, read_tensor(file, data, entry, path));
  return result;
}

}  // namespace sluice
