#include "experiments/idx.h"

#include <gtest/gtest.h>

#include "experiments/mnist.h"
#include "tests/data/support.h"

namespace sluice::experiment {
namespace {

// 0, 0, unsigned bytes, two axes: three rows of two.
const std::string six = std::string("\0\0\x08\x02\0\0\0\x03\0\0\0\x02", 12) + "abcdef";

TEST(Idx, ReadsPlainAndCompressedFiles) {
  const TemporaryFolder folder;
  for (const std::string& path : {folder.write("plain", six), folder.write_gzip("six.gz", six)}) {
    const IdxBytes read = read_idx(path);
    EXPECT_EQ(read.shape, (std::vector<int64_t>{3, 2}));
    EXPECT_EQ(read.values, (std::vector<uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'}));
  }
}

TEST(Idx, SizesHaveTheGreatestByteFirstAndBytesNoSign) {
  const TemporaryFolder folder;
  const std::string long_one =
      std::string("\0\0\x08\x01\0\0\x01\x02", 8) + std::string(258, '\xff');
  const IdxBytes read = read_idx(folder.write("long", long_one));
  EXPECT_EQ(read.shape, (std::vector<int64_t>{258}));
  EXPECT_EQ(read.values.back(), 255);
}

struct Fault {
  const char* name;
  std::string bytes, id, sentence;
};

TEST(Idx, SaysWhatIsWrong) {
  const Fault faults[] = {
      {"empty", "", "data.idx", "within its idx header"},
      {"start", "PNG?" + six, "data.idx", "two zero bytes"},
      {"floats", std::string("\0\0\x0d\x01", 4) + six, "data.idx", "the type 13"},
      {"no axes", std::string("\0\0\x08\0", 4) + six, "data.idx", "0 axes"},
      {"five axes", std::string("\0\0\x08\x05", 4) + six, "data.idx", "5 axes"},
      {"cut sizes", six.substr(0, 10), "data.idx", "within its idx header"},
      {"cut values", six.substr(0, 16), "data.idx", "speaks of 6 values, and it has 4"},
      {"longer", six + "g", "data.idx", "speaks of 6 values, and it has more"},
      {"giant", std::string("\0\0\x08\x02\x7f\xff\xff\xff\x7f\xff\xff\xff", 12) + "abc", "data.idx",
       "more than 2^31"}};
  const TemporaryFolder folder;
  for (const Fault& fault : faults) {
    const std::string path = folder.write(fault.name, fault.bytes);
    const Error error = error_of([&] { read_idx(path); });
    EXPECT_EQ(error.id, fault.id) << fault.name;
    EXPECT_EQ(error.where, path);
    EXPECT_NE(error.message.find(fault.sentence), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint.empty()) << error.what();
  }
  EXPECT_EQ(error_of([&] { read_idx(folder.path() + "/none"); }).id, "data.file");
}

TEST(Idx, ACompressedFileCutShortIsNamed) {
  const TemporaryFolder folder;
  const std::string bytes = read_text(folder.write_gzip("whole.gz", six));
  const std::string path = folder.write("cut.gz", bytes.substr(0, bytes.size() - 10));
  const Error error = error_of([&] { read_idx(path); });
  EXPECT_EQ(error.id, "data.truncated") << error.what();
}

// The four files of a folder, as small as they get: two digits to train on, one to test.
class MnistFiles : public testing::Test {
 protected:
  static std::string images(char count) {
    return std::string("\0\0\x08\x03\0\0\0", 7) + count + std::string("\0\0\0\x01\0\0\0\x02", 8);
  }
  static std::string labels(char count) { return std::string("\0\0\x08\x01\0\0\0", 7) + count; }
  void SetUp() override {
    folder.write("train-images-idx3-ubyte", images(2) + std::string("\0\xff\x33\x66", 4));
    folder.write("train-labels-idx1-ubyte", labels(2) + "\x07\x02");
    folder.write_gzip("t10k-images-idx3-ubyte.gz", images(1) + "\xff\xff");
    folder.write_gzip("t10k-labels-idx1-ubyte.gz", labels(1) + "\x02");
  }
  TemporaryFolder folder;
};

TEST_F(MnistFiles, PixelsLieBetween0And1) {
  const Digits digits = read_mnist(folder.path());
  EXPECT_EQ(digits.train.x.shape(), (Shape{2, 1, 2}));
  EXPECT_FLOAT_EQ(static_cast<float>(digits.train.x.item(1)), 1.0f);
  EXPECT_FLOAT_EQ(static_cast<float>(digits.train.x.item(2)), 0.2f);
  EXPECT_EQ(digits.train.y.item(0), 7);
  EXPECT_EQ(digits.test.size(), 1);
}

TEST_F(MnistFiles, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(error_of([] { read_mnist(""); }).id, "usage.data");
  folder.write("train-labels-idx1-ubyte", labels(1) + "\x07");
  EXPECT_EQ(error_of([&] { read_mnist(folder.path()); }).id, "data.mnist");
  folder.write("train-labels-idx1-ubyte", labels(2) + "\x07\x0a");
  const Error error = error_of([&] { read_mnist(folder.path()); });
  EXPECT_EQ(error.id, "data.mnist");
  EXPECT_NE(error.message.find("a label is 10"), std::string::npos) << error.what();
}

TEST(Mnist, TheLargestLogitCounts) {
  Tensor logits({2, 10}), digits({2});
  logits.data<float>()[3] = logits.data<float>()[10 + 4] = 1;
  digits.fill(3);
  EXPECT_EQ(percent_right(logits, digits), 50);
}

}  // namespace
}  // namespace sluice::experiment
