// Nothing is allocated by the steps of a stack's stream.
#include <gtest/gtest.h>

#include "stacked_case.h"
#include "support/allocation_counter.h"

namespace sluice {
namespace {

TEST(StackedAllocation, StepFromTheFirstOne) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "a sanitizer brings a heap of its own";
  for (const test::StackedCase& row : test::streamed_cases()) {
    const StackedRecurrent stack = test::make_stack(row, DType::f32);
    const Tensor x = test::draw({row.batch, row.options.layer.input_size}, DType::f32, 4);
    Tensor y({row.batch, stack.output_size(0)});
    StackedStream stream(stack, row.batch);
    const test::AllocationCounter counter;
    for (int i = 0; i < 5; ++i) stream.step(x.data<float>(), y.data<float>());
    const int64_t count = counter.count();
    EXPECT_EQ(count, 0) << row.name;
  }
}

}  // namespace
}  // namespace sluice
