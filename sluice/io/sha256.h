// SHA-256 (FIPS 180-4), the checksum of model files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// Takes bytes in any number of pieces. 32 bytes come out.
class Sha256 {
 public:
  void update(const void* bytes, size_t count);
  void update(std::string_view text) { update(text.data(), text.size()); }
  /// The digest of everything so far; ends this object's use.
  std::array<uint8_t, 32> finish();

 private:
  void compress(const uint8_t* block);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  size_t filled_ = 0;
  uint64_t total_ = 0;
};

/// 64 lower-case hexadecimal digits.
std::string to_hexadecimal(const std::array<uint8_t, 32>& digest);

}  // namespace sluice
