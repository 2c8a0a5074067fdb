#include "experiments/characters.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/data/support.h"

namespace sluice::experiment {
namespace {

TEST(Characters, NineTenthsAreTrainedOn) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 1005; ++i) text += "cab"[i % 3];
  for (const std::string& path : {folder.write("text", text), folder.write_gzip("text.gz", text)}) {
    const Text read = read_text(path);
    EXPECT_EQ(read.symbols, "abc");
    EXPECT_EQ(read.train.size(), 904u);
    EXPECT_EQ(read.test.size(), 101u);
    EXPECT_EQ(read.train[0], 2);
    EXPECT_EQ(read.train[1], 0);
  }
}

TEST(Characters, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([] { read_text(""); }).id, "usage.data");
  EXPECT_EQ(error_of([&] { read_text(folder.path() + "/none"); }).id, "data.file");
  EXPECT_EQ(error_of([&] { read_text(folder.write("short", "to be")); }).id, "data.text");
}

// By hand: a three times and b once in training, the test is b.
TEST(Characters, FloorsCountAsTheySay) {
  const Text text{.symbols = "ab", .train = {0, 0, 0, 1}, .test = {1}};
  const std::vector<Floor> floors = text_floors(text);
  EXPECT_NEAR(floors[0].scores[0], -std::log2(2.0 / 6), 1e-12);
  // After b nothing came yet: one half.
  EXPECT_NEAR(floors[1].scores[0], 1, 1e-12);
  // The test's first character has nothing before it: (1 + 2 · ½) / (4 + 2).
  EXPECT_NEAR(floors[2].scores[0], -std::log2(2.0 / 6), 1e-12);
}

TEST(Characters, WhatFollowsAlwaysCostsNextToNothing) {
  Text text{.symbols = "abc", .train = {}, .test = {}};
  for (int i = 0; i < 3000; ++i)
    (i < 2700 ? text.train : text.test).push_back(static_cast<uint8_t>(i % 3));
  const std::vector<Floor> floors = text_floors(text);
  EXPECT_NEAR(floors[0].scores[0], std::log2(3), 1e-3);
  EXPECT_LT(floors[1].scores[0], 0.01);
  EXPECT_LT(floors[2].scores[0], 0.02);
}

}  // namespace
}  // namespace sluice::experiment
