// Every layer of the table that is not recurrent: the same bits for any number of threads, and
// after its state has gone from one layer to another.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "sluice/base/parallel.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/registry.h"

namespace sluice {
namespace {

constexpr int input_size = 6;

// Options with which a layer has something to share: enough outputs, several groups.
const std::map<std::string, std::vector<std::pair<std::string, std::string>>> chosen = {
    {"linear", {{"output_size", "37"}}},
    {"conv1d", {{"out_channels", "40"}, {"groups", "2"}, {"padding", "same"}, {"dilation", "2"}}},
    {"max_pool1d", {{"kernel_size", "3"}, {"stride", "1"}}},
    {"avg_pool1d", {{"kernel_size", "3"}, {"stride", "1"}}},
    {"flatten", {{"steps", "90"}}},
    {"embedding", {{"num_embeddings", "11"}, {"embedding_dim", "150"}}},
    {"repeat_vector", {{"count", "90"}}},
    {"residual", {{"output_size", "6"}}},
    {"conv_lstm2d", {{"out_channels", "9"}, {"columns", "6"}, {"outputs", "all"}}},
    {"self_attention", {{"num_heads", "3"}}},
    {"luong_attention", {{"window", "predictive"}, {"score", "concat"}}},
    {"mlstm", {{"hidden_size", "12"}, {"heads", "2"}}},
};

std::unique_ptr<Module> layer_of(const std::string& name, uint64_t seed) {
  Options options;
  if (const auto found = chosen.find(name); found != chosen.end())
    for (const auto& [key, value] : found->second) options.set(key, value);
  Generator generator(seed);
  auto layer = make_layer(name, options, input_size, generator);
  MaskKey key{9, 4, 0};  // one mask, whatever the seed of the weights
  layer->set_mask_key(key);
  return layer;
}

Tensor input_of(const std::string& name) {
  Tensor x(name == "repeat_vector" ? Shape{120, input_size}
           : name == "embedding"   ? Shape{37, 90}
                                   : Shape{150, 90, input_size});
  Generator generator(5);
  generator.uniform(x.values<float>(), -2, 2);
  for (int64_t i = 0; name == "embedding" && i < x.numel(); ++i)
    x.data<float>()[i] = static_cast<float>(generator.below(11));
  return x;
}

// Output, gradients and what the pass leaves in the state.
std::vector<float> bits_of(Module& layer, const std::string& name) {
  std::vector<float> bits;
  const auto append = [&bits](const Tensor& t) {
    bits.insert(bits.end(), t.values<float>().begin(), t.values<float>().end());
  };
  const Variable x(input_of(name), name != "embedding");
  const Variable y = layer.forward(x);
  append(y.value());
  Tensor seed(y.shape());
  Generator generator(6);
  generator.uniform(seed.values<float>(), -1, 1);
  y.backward(seed);
  if (name != "embedding") append(x.grad());
  for (const auto& [tensor_name, gradient] : layer.gradients()) append(gradient);
  for (const auto& [tensor_name, value] : layer.state()) append(value);
  return bits;
}

class LayerBits : public testing::TestWithParam<std::string> {};

TEST_P(LayerBits, SameForAnyThreads) {
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    const std::vector<float> bits = bits_of(*layer_of(GetParam(), 3), GetParam());
    if (first.empty()) first = bits;
    EXPECT_TRUE(bits == first) << threads << " threads";
  }
  set_num_threads(0);
}

TEST_P(LayerBits, SameFromALoadedState) {
  const auto layer = layer_of(GetParam(), 3), other = layer_of(GetParam(), 4);
  other->load_state(layer->state());
  EXPECT_TRUE(bits_of(*other, GetParam()) == bits_of(*layer, GetParam()));
  // In evaluation mode too, where running moments count.
  layer->eval();
  other->eval();
  EXPECT_TRUE(bits_of(*other, GetParam()) == bits_of(*layer, GetParam()));
}

std::vector<std::string> plain_layers() {
  std::vector<std::string> names;
  for (const auto& row : layer_registry())
    if (row.make != make_recurrent) names.push_back(row.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, LayerBits, testing::ValuesIn(plain_layers()),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace sluice
