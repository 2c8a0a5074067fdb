// A stack saved and loaded computes the same bits.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "sluice/io/safetensors.h"
#include "stacked_case.h"

namespace sluice {
namespace {

class StackedFile : public testing::TestWithParam<test::StackedCase> {};

TEST_P(StackedFile, GivesTheSameBitsBack) {
  const test::StackedCase& row = GetParam();
  const test::StackedInput input = test::make_input(row, DType::f32);
  StackedRecurrent stack = test::make_stack(row, DType::f32);
  const std::string path =
      testing::TempDir() + "stacked_file_" + std::to_string(getpid()) + row.name + ".safetensors";
  write_safetensors(path, stack.state());
  const NamedTensors read = read_safetensors(path).tensors;
  std::remove(path.c_str());

  Generator generator(1234);
  StackedRecurrent other(row.options, generator);
  const NoGrad off;
  const auto run = [&](StackedRecurrent& which) {
    return test::values(which.run_layers(input.x, input.states, input.padding));
  };
  const NamedTensors before = run(stack);
  ASSERT_NE(test::first_difference(before, run(other)), "");
  other.load_state(read);
  EXPECT_EQ(test::first_difference(stack.state(), other.state()), "");
  EXPECT_EQ(test::first_difference(before, run(other)), "") << test::reproduce();
}

INSTANTIATE_TEST_SUITE_P(Ways, StackedFile, testing::ValuesIn(test::stacked_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
