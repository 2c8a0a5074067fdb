// A short stream of PyTorch by hand; tests/golden/random.safetensors has the long ones (see
// tests/layers/golden_random_test.cpp).
#include "sluice/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/base/philox.h"

namespace sluice {
namespace {

// torch 2.15: torch.manual_seed(1), then the calls in this order.
TEST(Generator, GivesPyTorchsStream) {
  Generator generator(1);
  std::vector<float> f(3);
  generator.uniform(f);
  EXPECT_EQ(f, (std::vector<float>{0x1.83e84ap-1f, 0x1.1e03acp-2f, 0x1.9cbe3p-2f}));
  generator.uniform(f, -0.3f, 0.7f);
  EXPECT_EQ(f, (std::vector<float>{0x1.bd1decp-2f, -0x1.153738p-2f, 0x1.ffdafp-2f}));
  std::vector<double> d(2);
  generator.uniform(d);
  EXPECT_EQ(d, (std::vector<double>{0x1.6ab2fff047a14p-3, 0x1.1cb4f3c7053c0p-1}));

  generator.normal(f);
  EXPECT_FLOAT_EQ(f[0], 0.8590086102485657f);
  EXPECT_FLOAT_EQ(f[1], 0.7055922746658325f);
  EXPECT_FLOAT_EQ(f[2], -0.34055501222610474f);
  std::vector<float> long_row(17);
  generator.normal(long_row);
  EXPECT_NEAR(long_row[14], 2.406978130340576, 2e-6);
  EXPECT_NEAR(long_row[15], 0.27856624126434326, 2e-6);
  EXPECT_NEAR(long_row[16], 0.24675291776657104, 2e-6);
  std::vector<float> one(1);
  generator.normal(one);  // the kept one of the three before
  EXPECT_FLOAT_EQ(one[0], -1.2719899415969849f);

  for (uint64_t expected : {865, 88, 320, 21, 723}) EXPECT_EQ(generator.below(1000), expected);
  for (uint64_t expected : {1550221096u, 1671184739u})
    EXPECT_EQ(generator.below((1ull << 31) + 5), expected);
  for (uint64_t expected : {131396215879ull, 565525448134ull})
    EXPECT_EQ(generator.below(1ull << 40), expected);
  for (uint64_t expected : {158002737u, 311603715u})
    EXPECT_EQ(generator.below(1ull << 29), expected);
  std::vector<int64_t> order(10);
  generator.permutation(order);
  EXPECT_EQ(order, (std::vector<int64_t>{2, 8, 3, 0, 6, 7, 4, 5, 9, 1}));
}

TEST(Generator, DrawsMersenneTwister) {
  Generator generator(5489);  // the 10000th draw is given in the paper's reference program
  for (int i = 0; i < 9999; ++i) generator.next32();
  EXPECT_EQ(generator.next32(), 4123659995u);
}

TEST(Generator, SeedsAgain) {
  Generator a(3), b(4);
  std::vector<float> kept(1);
  b.normal(kept);  // leaves one normal behind, which seeding forgets
  b.manual_seed(3);
  EXPECT_EQ(b.initial_seed(), 3u);
  std::vector<float> first(5), second(5);
  a.normal(first);
  b.normal(second);
  EXPECT_EQ(first, second);
}

TEST(Generator, SavesAndLoadsToTheBit) {
  Generator generator(42);
  std::vector<float> three(3);
  generator.normal(three);
  for (int i = 0; i < 700; ++i) generator.next32();
  const std::string saved = generator.save();
  std::vector<float> first(40), second(40);
  generator.normal(std::span(first).first(5));
  generator.normal(std::span(first).last(35));
  Generator other;
  other.load(saved);
  EXPECT_EQ(other.initial_seed(), 42u);
  other.normal(std::span(second).first(5));
  other.normal(std::span(second).last(35));
  EXPECT_EQ(first, second);
}

TEST(Generator, RefusesABrokenState) {
  const std::string saved = Generator(1).save();
  for (const std::string& text :
       {std::string(), std::string("mt19937"), "x" + saved, saved.substr(0, saved.size() / 2)}) {
    Generator generator(7);
    const uint32_t next = Generator(7).next32();
    EXPECT_THROW(generator.load(text), Error);
    EXPECT_EQ(generator.next32(), next) << "a refused state must change nothing";
  }
}

TEST(Generator, RefusesAnEmptyRange) { EXPECT_THROW(Generator(1).below(0), Error); }

TEST(Generator, NormalsHaveTheirMoments) {
  Generator generator(9);
  std::vector<double> values(100'000);
  generator.normal(values, 3.0, 2.0);
  double mean = 0, square = 0;
  for (double value : values) mean += value / 1e5;
  for (double value : values) square += (value - mean) * (value - mean) / 1e5;
  EXPECT_NEAR(mean, 3, 0.03);
  EXPECT_NEAR(square, 4, 0.08);
}

// The known answers of the Random123 distribution.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

}  // namespace
}  // namespace sluice
