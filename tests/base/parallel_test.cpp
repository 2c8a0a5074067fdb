#include "sluice/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "sluice/base/error.h"

namespace sluice {
namespace {

class Parallel : public testing::Test {
 protected:
  ~Parallel() override { set_num_threads(0); }
};

TEST_F(Parallel, VisitsEveryIndexOnce) {
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    EXPECT_EQ(num_threads(), threads);
    for (int count : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> visits(count);
      parallel_for(count, [&](int64_t i) { ++visits[i]; });
      for (const auto& visit : visits) EXPECT_EQ(visit, 1);
    }
  }
}

TEST_F(Parallel, UsesSeveralThreads) {
  set_num_threads(2);
  std::atomic<int> waiting{0};
  // Each of the two indices waits for the other: only two threads at once can finish.
  parallel_for(2, [&](int64_t) {
    ++waiting;
    for (int spin = 0; spin < 10'000'000 && waiting < 2; ++spin) std::this_thread::yield();
  });
  EXPECT_EQ(waiting, 2);
}

TEST_F(Parallel, ZeroMeansTheDefault) {
  set_num_threads(7);
  set_num_threads(0);
  EXPECT_GE(num_threads(), 1);
  EXPECT_LE(num_threads(), static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
}

TEST_F(Parallel, RefusesNegativeNumbers) { EXPECT_THROW(set_num_threads(-1), Error); }

TEST_F(Parallel, PassesTheFirstExceptionOn) {
  for (int threads : {1, 3}) {
    set_num_threads(threads);
    try {
      parallel_for(100, [](int64_t i) {
        if (i % 10 == 7) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "7");
    }
  }
}

TEST_F(Parallel, NestedLoopsRunInPlace) {
  set_num_threads(3);
  std::atomic<int> visits{0};
  parallel_for(4, [&](int64_t) { parallel_for(5, [&](int64_t) { ++visits; }); });
  EXPECT_EQ(visits, 20);
}

}  // namespace
}  // namespace sluice
