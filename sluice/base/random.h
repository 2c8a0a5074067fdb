// Random numbers: PyTorch's CPU stream, and a counter-based generator for masks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace sluice {

/// MT19937 drawn the way PyTorch's CPU generator draws it (reference: engine notes in docs).
class Generator {
 public:
  explicit Generator(uint64_t seed = 5489);
  void manual_seed(uint64_t seed);

  uint32_t next32();
  uint64_t next64();
  /// torch.rand / Tensor.uniform_(low, high): one 32-bit draw a value, low 24 bits.
  void uniform(std::span<float> out, float low = 0, float high = 1);
  void uniform(std::span<double> out, double low = 0, double high = 1);
  /// torch.randn: Box–Muller in double below 16 elements, the blockwise float path from 16 on.
  void normal(std::span<float> out, float mean = 0, float sd = 1);
  void normal(std::span<double> out, double mean = 0, double sd = 1);
  /// Uniform integer in [0, bound).
  uint64_t below(uint64_t bound);
  /// torch.randperm
  void permutation(std::span<int64_t> out);

  /// The whole state as text, for resuming to the same bits.
  std::string save() const;
  void load(const std::string& state);

 private:
  void refill();
  std::array<uint32_t, 624> state_{};
  int used_ = 624;
  bool has_kept_normal_ = false;
  double kept_normal_ = 0;
};

}  // namespace sluice
