#include "sluice/base/random.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <sstream>
#include <utility>

#include "sluice/base/error.h"

namespace sluice {

namespace {

constexpr int words = 624, middle = 397;

// The recurrence of MT19937: the high bit of one word, the low 31 of the next.
uint32_t twist(uint32_t high, uint32_t low) {
  const uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
  return (mixed >> 1) ^ ((low & 1u) ? 0x9908b0dfu : 0u);
}

// Sixteen uniforms become sixteen normals: 8 radii, 8 angles.
template <class T>
void box_muller_16(T* block, T mean, T sd) {
  for (int j = 0; j < 8; ++j) {
    const T radius = std::sqrt(T(-2) * std::log(T(1) - block[j]));
    const T angle = T(2) * std::numbers::pi_v<T> * block[j + 8];
    block[j] = radius * std::cos(angle) * sd + mean;
    block[j + 8] = radius * std::sin(angle) * sd + mean;
  }
}

// PyTorch's path for 16 elements and more; a ragged end is drawn and done again as a full block.
template <class T>
void normal_blocks(Generator& generator, std::span<T> out, T mean, T sd) {
  const size_t count = out.size();
  generator.uniform(out);
  for (size_t i = 0; i + 16 <= count; i += 16) box_muller_16(out.data() + i, mean, sd);
  if (count % 16 == 0) return;
  const std::span<T> last = out.last(16);
  generator.uniform(last);
  box_muller_16(last.data(), mean, sd);
}

}  // namespace

Generator::Generator(uint64_t seed) { manual_seed(seed); }

void Generator::manual_seed(uint64_t seed) {
  seed_ = seed;
  state_[0] = static_cast<uint32_t>(seed);
  for (int i = 1; i < words; ++i)
    state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + static_cast<uint32_t>(i);
  used_ = words;
  has_kept_normal_ = false;
  kept_normal_ = 0;
}

void Generator::refill() {
  for (int i = 0; i < words; ++i)
    state_[i] = state_[(i + middle) % words] ^ twist(state_[i], state_[(i + 1) % words]);
  used_ = 0;
}

uint32_t Generator::next32() {
  if (used_ == words) refill();
  uint32_t y = state_[used_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint64_t Generator::next64() {
  const uint64_t high = next32();
  return (high << 32) | next32();
}

void Generator::uniform(std::span<float> out, float low, float high) {
  const double range = high - low;  // a float difference, then double arithmetic: PyTorch's order
  for (float& value : out)
    value = static_cast<float>((next32() & 0xffffffu) * 0x1p-24 * range + low);
}

void Generator::uniform(std::span<double> out, double low, double high) {
  for (double& value : out)
    value = static_cast<double>(next64() & ((1ull << 53) - 1)) * 0x1p-53 * (high - low) + low;
}

double Generator::single_normal() {
  if (has_kept_normal_) {
    has_kept_normal_ = false;
    return kept_normal_;
  }
  std::array<double, 2> u;
  uniform(u);
  const double radius = std::sqrt(-2.0 * std::log1p(-u[1]));
  const double angle = 2.0 * std::numbers::pi * u[0];
  kept_normal_ = radius * std::sin(angle);
  has_kept_normal_ = true;
  return radius * std::cos(angle);
}

void Generator::normal(std::span<float> out, float mean, float sd) {
  if (out.size() >= 16) return normal_blocks(*this, out, mean, sd);
  for (float& value : out)
    value =
        static_cast<float>(single_normal() * static_cast<double>(sd) + static_cast<double>(mean));
}

void Generator::normal(std::span<double> out, double mean, double sd) {
  if (out.size() >= 16) return normal_blocks(*this, out, mean, sd);
  for (double& value : out) value = single_normal() * sd + mean;
}

uint64_t Generator::below(uint64_t bound) {
  if (bound == 0)
    fail_config("random.bound", "Generator::below", "the bound must be positive", "pass 1 or more");
  // PyTorch changes to wide draws where the modulo of 32 bits would be visibly uneven.
  return (bound >= (1ull << 28) ? next64() : next32()) % bound;
}

void Generator::permutation(std::span<int64_t> out) {
  std::iota(out.begin(), out.end(), int64_t{0});
  const uint64_t count = out.size();
  // Wide draws for the same reason.
  const bool wide = count >= std::numeric_limits<uint32_t>::max() / 20;
  for (uint64_t i = 0; i + 1 < count; ++i)
    std::swap(out[i], out[i + (wide ? next64() : next32()) % (count - i)]);
}

std::string Generator::save() const {
  std::ostringstream text;
  text << "mt19937 " << std::hex << seed_ << ' ' << used_ << ' ' << has_kept_normal_ << ' '
       << std::bit_cast<uint64_t>(kept_normal_);
  for (uint32_t word : state_) text << ' ' << word;
  return text.str();
}

void Generator::load(const std::string& state) {
  Generator loaded;
  std::istringstream text(state);
  std::string name;
  uint64_t kept = 0;
  text >> name >> std::hex >> loaded.seed_ >> loaded.used_ >> loaded.has_kept_normal_ >> kept;
  for (uint32_t& word : loaded.state_) text >> word;
  if (!text || name != "mt19937" || loaded.used_ < 0 || loaded.used_ > words)
    fail_data("random.state", "random generator", "the saved state is not complete",
              "it must be the text that save() returned");
  loaded.kept_normal_ = std::bit_cast<double>(kept);
  *this = loaded;
}

}  // namespace sluice
