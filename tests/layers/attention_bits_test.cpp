// Every kind of attention with queries: the same bits for any number of threads, and after its
// state has gone from one to another. Self-attention and what a recipe names are in
// layer_bits_test.cpp.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/reduce.h"
#include "sluice/base/parallel.h"
#include "sluice/layers/luong_attention.h"
#include "sluice/layers/self_attention.h"
#include "sluice/layers/xu_attention.h"

namespace sluice {
namespace {

constexpr int batch = 36, steps = 40, size = 48;  // enough numbers to be worth threads

/// A kind of attention, and what of it a loss may see.
struct Kind {
  std::string name;
  std::function<std::unique_ptr<Composite>(Generator&)> make;
  /// Outputs for the queries and the source.
  std::function<Variable(Composite&, const Variable& query, const Variable& source)> run;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

Padding ragged() {
  Padding padding;
  for (int row = 0; row < batch; ++row) padding.lengths.push_back(1 + row * 7 % steps);
  return padding;
}

Variable attend(Composite& module, const Variable& query, const Variable& source) {
  const auto& attention = dynamic_cast<Attention&>(module);
  const Attended seen = attention.attend(query, attention.remember(source, ragged()), 3);
  return concat({seen.context, seen.weights * seen.weights}, 1);
}

// The draws, the loss of two queries and its running mean.
Variable attend_hard(Composite& module, const Variable& query, const Variable& source) {
  const auto& attention = dynamic_cast<XuAttention&>(module);
  const AttentionMemory memory = attention.remember(source, ragged());
  Generator generator(8);
  HardAttentionLoss loss;
  Variable total;
  for (int i = 0; i < 2; ++i) {
    const HardAttended seen = attention.attend_hard(query, memory, generator);
    const Variable cost = loss(sum(seen.context, 1), seen.log_probability, seen.entropy);
    total = total.defined() ? total + cost : cost;
  }
  return total;
}

Variable self_attend(Composite& module, const Variable&, const Variable& source) {
  return module.forward(source, ragged());
}

std::vector<Kind> kinds() {
  std::vector<Kind> all;
  all.push_back({"additive",
                 [](Generator& g) {
                   return std::make_unique<AdditiveAttention>(
                       AdditiveAttentionOptions{size, size, 50}, g);
                 },
                 attend});
  const std::string scores[] = {"dot", "general", "concat"};
  const std::string windows[] = {"global", "monotonic", "predictive"};
  for (int score = 0; score < 3; ++score)
    for (int window = 0; window < 3; ++window)
      all.push_back({"luong_" + scores[score] + "_" + windows[window],
                     [=](Generator& g) {
                       return std::make_unique<LuongAttention>(
                           LuongAttentionOptions{size, size, static_cast<LuongScore>(score),
                                                 static_cast<LuongWindow>(window), 2, 50},
                           g);
                     },
                     attend});
  for (const bool gate : {false, true}) {
    const auto make = [=](Generator& g) {
      return std::make_unique<XuAttention>(XuAttentionOptions{size, size, 50, gate}, g);
    };
    const std::string gated = gate ? "_gated" : "";
    all.push_back({"xu_soft" + gated, make, attend});
    all.push_back({"xu_hard" + gated, make, attend_hard});
  }
  for (const bool causal : {false, true})
    all.push_back({causal ? "self_causal" : "self",
                   [=](Generator& g) {
                     return std::make_unique<SelfAttention>(
                         SelfAttentionOptions{size, 3, causal, true}, g);
                   },
                   self_attend});
  return all;
}

// Outputs and gradients of the queries, the source and every weight.
std::vector<float> bits_of(const Kind& kind, Composite& module) {
  Generator generator(5);
  const auto drawn = [&](const Shape& shape) {
    Tensor x(shape);
    generator.uniform(x.values<float>(), -1, 1);
    return x;
  };
  const Variable query(drawn({batch, size}), true), source(drawn({batch, steps, size}), true);
  const Variable y = kind.run(module, query, source);
  y.backward(drawn(y.shape()));
  std::vector<float> bits;
  const auto append = [&bits](const Tensor& t) {
    bits.insert(bits.end(), t.values<float>().begin(), t.values<float>().end());
  };
  append(y.value());
  append(source.grad());
  if (query.grad().defined()) append(query.grad());  // self-attention has no queries but its steps
  for (const auto& [name, gradient] : module.gradients()) append(gradient);
  return bits;
}

class AttentionBits : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<Composite> made(uint64_t seed) const {
    Generator generator(seed);
    return GetParam().make(generator);
  }
};

TEST_P(AttentionBits, SameForAnyThreads) {
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const std::vector<float> bits = bits_of(GetParam(), *made(3));
    if (first.empty()) first = bits;
    EXPECT_TRUE(bits == first) << threads << " threads";
  }
  set_num_threads(0);
}

TEST_P(AttentionBits, SameFromALoadedState) {
  const auto module = made(3), other = made(4);
  const std::vector<float> before = bits_of(GetParam(), *other);
  other->load_state(module->state());
  for (const Variable& parameter : other->parameters()) parameter.zero_grad();
  const std::vector<float> after = bits_of(GetParam(), *other);
  EXPECT_TRUE(after == bits_of(GetParam(), *module));
  if (!module->state().empty()) {
    EXPECT_FALSE(after == before) << "the weights do not matter";
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, AttentionBits, testing::ValuesIn(kinds()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
