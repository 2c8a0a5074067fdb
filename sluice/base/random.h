// Random numbers: PyTorch's CPU stream. Masks have a generator of their own, see philox.h.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace sluice {

/// MT19937, drawn the way PyTorch's CPU generator draws it: the same seed gives its numbers.
class Generator {
 public:
  explicit Generator(uint64_t seed = 5489);
  /// Starts the stream again, as torch.manual_seed; the low 32 bits count.
  void manual_seed(uint64_t seed);
  /// The last value given to manual_seed or the constructor.
  uint64_t initial_seed() const { return seed_; }

  uint32_t next32();
  /// Two 32-bit draws, the first one high.
  uint64_t next64();
  /// torch.rand / Tensor.uniform_(low, high): one 32-bit draw a value, low 24 bits.
  void uniform(std::span<float> out, float low = 0, float high = 1);
  /// The same in double: one 64-bit draw a value, low 53 bits.
  void uniform(std::span<double> out, double low = 0, double high = 1);
  /// torch.randn: Box–Muller in double below 16 elements, the blockwise path from 16 on.
  void normal(std::span<float> out, float mean = 0, float sd = 1);
  void normal(std::span<double> out, double mean = 0, double sd = 1);
  /// torch.randint(bound): an integer in [0, bound).
  uint64_t below(uint64_t bound);
  /// torch.randperm: 0 … n-1 in random order.
  void permutation(std::span<int64_t> out);

  /// The whole state as text, for resuming to the same bits.
  std::string save() const;
  /// Takes what save() gave; throws Error "random.state" for anything else.
  void load(const std::string& state);

 private:
  void refill();
  double single_normal();

  uint64_t seed_ = 0;
  std::array<uint32_t, 624> state_{};
  int used_ = 624;
  bool has_kept_normal_ = false;
  double kept_normal_ = 0;
};

}  // namespace sluice
