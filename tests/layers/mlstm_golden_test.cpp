// The mLSTM against its equations in PyTorch: outputs, states and every gradient.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/reduce.h"
#include "sluice/layers/mlstm.h"

namespace sluice {
namespace {

using test::Golden;

class MlstmGolden : public testing::TestWithParam<Golden> {};

void run_case(const Golden& golden, DType dtype) {
  const test::GoldenTensors tensors(golden);
  const nlohmann::json about = tensors.description();
  MlstmOptions o;
  o.input_size = about["input_size"];
  o.hidden_size = about["hidden_size"];
  o.heads = about["heads"];
  o.bias = about["bias"];
  o.output_gate = about["output_gate"];
  o.batch_first = about["batch_first"];
  Generator generator(1);
  Mlstm layer(o, generator);
  layer.to(dtype);
  layer.load_state(tensors.below("weight/"));

  const std::vector<std::string> names = {"memory", "normalizer", "stabilizer"};
  MlstmState first;
  Variable* const given[] = {&first.memory, &first.normalizer, &first.stabilizer};
  for (size_t k = 0; about["initial_state"] && k < names.size(); ++k)
    *given[k] = Variable(tensors.get(names[k] + "_0").to(dtype).clone(), true);
  Padding padding;
  padding.left = about["left"];
  if (!about["lengths"].is_null()) padding.lengths = about["lengths"].get<std::vector<int>>();
  const Variable x(tensors.get("input").to(dtype).clone(), true);
  const MlstmResult result = layer.run(x, first, padding);
  const auto constant = [&](const std::string& part) {
    return Variable(tensors.get(part).to(dtype));
  };
  Variable total = sum(result.output * constant("output_gradient"));
  const Variable last[] = {result.state.memory, result.state.normalizer, result.state.stabilizer};
  tensors.expect("output", dtype, result.output.value());
  for (size_t k = 0; k < names.size(); ++k) {
    tensors.expect(names[k] + "_n", dtype, last[k].value());
    total = total + sum(last[k] * constant(names[k] + "_n_gradient"));
  }
  total.backward();
  tensors.expect("gradient/input", dtype, x.grad());
  for (size_t k = 0; k < names.size(); ++k)
    if (given[k]->defined()) tensors.expect("gradient/" + names[k] + "_0", dtype, given[k]->grad());
  for (const auto& [name, gradient] : layer.gradients())
    tensors.expect("gradient/" + name, dtype, gradient);
}

TEST_P(MlstmGolden, Float) { run_case(GetParam(), DType::f32); }
TEST_P(MlstmGolden, Double) { run_case(GetParam(), DType::f64); }

INSTANTIATE_TEST_SUITE_P(Equations, MlstmGolden, testing::ValuesIn(test::golden_cases({"mlstm"})),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
