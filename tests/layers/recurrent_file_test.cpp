// A recurrent layer saved and loaded computes the same bits.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "recurrent_case.h"
#include "sluice/io/safetensors.h"

namespace sluice {
namespace {

using test::RecurrentCase;

class RecurrentFile : public testing::TestWithParam<RecurrentCase> {};

TEST_P(RecurrentFile, GivesTheSameBitsBack) {
  const RecurrentCase& row = GetParam();
  const test::RecurrentInput input = test::make_input(row, DType::f32);
  const Recurrent layer = test::make_recurrent_layer(row, DType::f32);
  const std::string path =
      testing::TempDir() + "recurrent_file_" + std::to_string(getpid()) + row.name + ".safetensors";
  write_safetensors(path, layer.state());
  const NamedTensors read = read_safetensors(path).tensors;
  std::remove(path.c_str());

  Generator generator(1234);
  Recurrent other(row.options, generator);
  other.load_state(read);
  EXPECT_EQ(test::first_difference(layer.state(), other.state()), "");
  const Variable before = layer.run(input.x, input.state, input.padding).output;
  const Variable after = other.run(input.x, input.state, input.padding).output;
  EXPECT_EQ(test::first_difference(before.value(), after.value()), "") << test::reproduce();
}

INSTANTIATE_TEST_SUITE_P(EveryCell, RecurrentFile,
                         testing::ValuesIn(test::for_every_cell({
                             {"plain", [](RecurrentCase&) {}},
                             {"one_bias_state",
                              [](RecurrentCase& row) {
                                row.options.biases = 1;
                                row.given_state = true;
                              }},
                             {"both_stacked_ragged",
                              [](RecurrentCase& row) {
                                row.options.num_layers = 2;
                                row.options.direction = DirectionOf::both;
                                row.ragged = test::Ragged::left;
                              }},
                         })),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
