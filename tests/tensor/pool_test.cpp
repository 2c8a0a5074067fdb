#include "sluice/tensor/pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "sluice/base/parallel.h"
#include "sluice/tensor/elementwise.h"
#include "sluice/tensor/reduce.h"
#include "sluice/tensor/tensor.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

TEST(Pool, BlocksAreLargeEnoughAndAligned) {
  for (std::size_t bytes = 0; bytes < 5000; bytes += 37) {
    void* const block = pool_allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0u);
    std::memset(block, 0xab, bytes);
    pool_release(block, bytes);
  }
}

TEST(Pool, HandsABlockOutAgain) {
  void* const block = pool_allocate(1000);
  pool_release(block, 1000);
  EXPECT_GE(pool_cached_bytes(), 1000u);
  void* const again = pool_allocate(1010);  // the same size class
  EXPECT_EQ(again, block);
  pool_release(again, 1010);
  pool_trim();
  EXPECT_EQ(pool_cached_bytes(), 0u);
}

TEST(Pool, RefusesTheImpossible) {
  EXPECT_THROW(pool_allocate(std::size_t{1} << 60), std::bad_alloc);
}

TEST(Pool, ServesSeveralThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 2000; ++i) {
        Tensor tensor = Tensor::full({1 + (i * 7 + t) % 300}, t);
        ASSERT_EQ(tensor.item(tensor.numel() - 1), t);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(AllocationCounter, SeesTheHeap) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "the sanitizer owns the heap";
  const test::AllocationCounter counter;
  auto* const vector = new std::vector<int>(100);
  EXPECT_EQ(counter.count(), 2);
  delete vector;
  ::operator delete(::operator new(64, std::align_val_t{64}), std::align_val_t{64});
  EXPECT_EQ(counter.count(), 3);
}

double work(int64_t size) {
  Tensor a = Tensor::full({size}, 1), b({size, 2});
  Tensor c = a.clone();
  add_in_place(c, a);
  return sum_all(c.reshape({1, size})) + sum_all(b);
}

TEST(Pool, WarmedTensorsNeverTouchTheHeap) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "the sanitizer owns the heap";
  for (int threads : {1, 2}) {
    set_num_threads(threads);
    work(10);
    work(100'000);
    const test::AllocationCounter counter;
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(work(10), 20);
      EXPECT_EQ(work(100'000), 200'000);
    }
    EXPECT_EQ(counter.count(), 0);
  }
  set_num_threads(0);
}

}  // namespace
}  // namespace sluice
