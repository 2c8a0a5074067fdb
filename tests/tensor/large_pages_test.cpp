#include "sluice/tensor/large_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace sluice {
namespace {

struct Block {
  char* begin;
  std::size_t bytes;
};

TEST(LargePages, BlocksAreAlignedAndApart) {
  std::vector<Block> blocks;
  for (std::size_t bytes : {64u << 10, 100'000u, 1u << 20, 3u << 20, 640u << 10, 64u << 10,
                            900'000u, 2u << 20, (1u << 20) + 64, 1u << 20, 1u << 20, 1u << 20}) {
    blocks.push_back({static_cast<char*>(take_large(bytes)), bytes});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().begin) % 64, 0u);
    std::memset(blocks.back().begin, static_cast<int>(blocks.size()), bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& b = blocks[i];
    EXPECT_TRUE(std::all_of(b.begin, b.begin + b.bytes,
                            [&](char byte) { return byte == static_cast<char>(i + 1); }));
  }
  for (const Block& b : blocks) give_large(b.begin, b.bytes);
}

TEST(LargePages, MemoryGivenBackIsUsedAgain) {
  // Without reuse this would take 80 GB.
  for (int i = 0; i < 20'000; ++i) {
    void* const a = take_large(1 << 20);
    void* const b = take_large(3 << 20);
    *static_cast<char*>(a) = *static_cast<char*>(b) = 1;
    give_large(b, 3 << 20);
    give_large(a, 1 << 20);
  }
}

}  // namespace
}  // namespace sluice
