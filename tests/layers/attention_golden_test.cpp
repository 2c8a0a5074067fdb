// Attention against PyTorch and the papers' equations: contexts, weights and every gradient.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/reduce.h"
#include "sluice/layers/luong_attention.h"
#include "sluice/layers/self_attention.h"
#include "sluice/layers/xu_attention.h"

namespace sluice {
namespace {

using test::Golden;

std::unique_ptr<Attention> attention_of(const nlohmann::json& about, Generator& generator) {
  const int query = about["query_size"], key = about["key_size"], size = about["attention_size"];
  if (about["kind"] == "additive")
    return std::make_unique<AdditiveAttention>(AdditiveAttentionOptions{query, key, size},
                                               generator);
  if (about["kind"] == "xu")
    return std::make_unique<XuAttention>(XuAttentionOptions{query, key, size, about["gate"]},
                                         generator);
  LuongAttentionOptions o;
  o.query_size = query;
  o.key_size = key;
  o.attention_size = size;
  o.half_width = about["half_width"];
  o.score = about["score"] == "dot"       ? LuongScore::dot
            : about["score"] == "general" ? LuongScore::general
                                          : LuongScore::concat;
  o.window = about["window"] == "global"      ? LuongWindow::global
             : about["window"] == "monotonic" ? LuongWindow::monotonic
                                              : LuongWindow::predictive;
  return std::make_unique<LuongAttention>(o, generator);
}

class AttentionCase {
 public:
  AttentionCase(const Golden& golden, DType dtype)
      : golden_(golden), about_(golden_.description()), dtype_(dtype) {
    padding_.left = about_["left"];
    if (!about_["lengths"].is_null()) padding_.lengths = about_["lengths"].get<std::vector<int>>();
  }

  void run() {
    if (about_["kind"] == "self")
      run_self();
    else
      run_query();
  }

 private:
  Variable leaf(const std::string& part) const {
    return Variable(golden_.get(part).to(dtype_).clone(), true);
  }
  Variable constant(const std::string& part) const {
    return Variable(golden_.get(part).to(dtype_));
  }
  void prepare(Module& module) const {
    module.to(dtype_);
    module.load_state(golden_.below("weight/"));
  }
  void compare_gradients(const Module& module) const {
    for (const auto& [name, gradient] : module.gradients())
      golden_.expect("gradient/" + name, dtype_, gradient);
  }

  void run_query() {
    Generator generator(1);
    const auto attention = attention_of(about_, generator);
    prepare(*attention);
    const Variable query = leaf("query"), values = leaf("values");
    const Attended seen =
        attention->attend(query, attention->remember(values, padding_), about_["step"]);
    golden_.expect("output", dtype_, seen.context.value());
    golden_.expect("weights", dtype_, seen.weights.value());
    const Variable loss = sum(seen.context * constant("output_gradient")) +
                          sum(seen.weights * constant("weights_gradient"));
    loss.backward();
    golden_.expect("gradient/query", dtype_, query.grad());
    golden_.expect("gradient/values", dtype_, values.grad());
    compare_gradients(*attention);
  }

  void run_self() {
    Generator generator(1);
    SelfAttention layer({about_["query_size"], about_["heads"], about_["causal"], about_["bias"]},
                        generator);
    prepare(layer);
    const Variable x = leaf("input");
    Tensor weights;
    const Variable y = layer.run(x, padding_, &weights);
    golden_.expect("output", dtype_, y.value());
    golden_.expect("weights", dtype_, looked_at(weights));
    y.backward(constant("output_gradient").value());
    golden_.expect("gradient/input", dtype_, x.grad());
    compare_gradients(layer);
  }

  // PyTorch's mean over the heads, summed over the true steps that look.
  Tensor looked_at(const Tensor& weights) const {
    const int64_t batch = weights.size(0), heads = weights.size(1), steps = weights.size(2);
    Tensor seen({batch, steps}, DType::f64);
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t t = 0; t < steps; ++t)
          for (int64_t s = 0; s < steps; ++s)
            if (padding_.lengths.empty() || t < padding_.lengths[b])
              seen.data<double>()[b * steps + s] +=
                  weights.item(((b * heads + h) * steps + t) * steps + s) /
                  static_cast<double>(heads);
    return seen.to(dtype_);
  }

  const test::GoldenTensors golden_;
  const nlohmann::json about_;
  const DType dtype_;
  Padding padding_;
};

class AttentionGolden : public testing::TestWithParam<Golden> {};

TEST_P(AttentionGolden, Float) { AttentionCase(GetParam(), DType::f32).run(); }
TEST_P(AttentionGolden, Double) { AttentionCase(GetParam(), DType::f64).run(); }

INSTANTIATE_TEST_SUITE_P(Frameworks, AttentionGolden,
                         testing::ValuesIn(test::golden_cases({"attention"})),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
