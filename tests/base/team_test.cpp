#include "sluice/base/team.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "sluice/base/parallel.h"

#ifndef __has_feature
#define __has_feature(name) 0
#endif

namespace sluice {
namespace {

class Team : public testing::Test {
 protected:
  Team() { set_num_threads(5); }
  ~Team() override { set_num_threads(0); }
};

int members(int wanted) {
  std::atomic<int> count{0};
  run_team(wanted, [&](int, int, Barrier&) { ++count; });
  return count;
}

TEST_F(Team, EveryMemberRunsOnceAndKnowsItsNumber) {
  for (int wanted : {5, 1, 3, 2, 5}) {
    std::vector<std::atomic<int>> visits(wanted);
    run_team(wanted, [&](int thread, int team, Barrier&) {
      EXPECT_EQ(team, wanted);
      ++visits[thread];
    });
    for (const auto& visit : visits) EXPECT_EQ(visit, 1);
  }
}

TEST_F(Team, IsNoLargerThanTheThreadsAllowed) {
  set_num_threads(2);
  EXPECT_EQ(members(5), 2);
}

TEST_F(Team, MeetsAtTheBarrierEveryRound) {
  constexpr int rounds = 1000;
  std::atomic<int> arrived{0};
  run_team(3, [&](int, int team, Barrier& barrier) {
    for (int round = 1; round <= rounds; ++round) {
      ++arrived;
      barrier.wait();
      EXPECT_GE(arrived, round * team);
      barrier.wait();
      EXPECT_LE(arrived, (round + 1) * team);
    }
  });
  EXPECT_EQ(arrived, 3 * rounds);
}

TEST_F(Team, ATeamWithinATeamIsOneThread) {
  std::atomic<int> inner{0};
  run_team(3, [&](int, int, Barrier&) { inner += members(4); });
  EXPECT_EQ(inner, 3);
}

TEST_F(Team, TwoThreadsOfAProgramBothGetTheirWorkDone) {
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round)
        parallel_for(10, [&](int64_t) { total.fetch_add(1, std::memory_order_relaxed); });
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 200 * 10);
}

TEST_F(Team, WorksInAForkedChild) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer allows no threads after a fork";
#endif
  ASSERT_EQ(members(3), 3);
  const pid_t child = fork();
  if (child == 0) _exit(members(3));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

}  // namespace
}  // namespace sluice
