#include "sluice/layers/luong_attention.h"
#include "sluice/layers/registry_rows.h"
#include "sluice/layers/self_attention.h"
#include "sluice/layers/xu_attention.h"

namespace sluice {

namespace {

std::unique_ptr<Module> make_additive(const std::string&, const Options& options, int input_size,
                                      Generator& generator) {
  return std::make_unique<AdditiveAttention>(
      AdditiveAttentionOptions{input_size, input_size, options.get_int("attention_size", 32)},
      generator);
}

std::unique_ptr<Module> make_luong(const std::string&, const Options& options, int input_size,
                                   Generator& generator) {
  LuongAttentionOptions o;
  o.query_size = o.key_size = input_size;
  const std::string score = options.get_choice("score", "general", {"dot", "general", "concat"});
  if (score == "dot") o.score = LuongScore::dot;
  if (score == "concat") o.score = LuongScore::concat;
  if (options.get_choice("window", "global", {"global", "predictive"}) == "predictive")
    o.window = LuongWindow::predictive;
  o.half_width = options.get_int("half_width", 10);
  o.attention_size = options.get_int("attention_size", 0);
  return std::make_unique<LuongAttention>(o, generator);
}

std::unique_ptr<Module> make_xu(const std::string&, const Options& options, int input_size,
                                Generator& generator) {
  return std::make_unique<XuAttention>(
      XuAttentionOptions{input_size, input_size, options.get_int("attention_size", 32),
                         options.get_bool("gate", true)},
      generator);
}

std::unique_ptr<Module> make_self(const std::string&, const Options& options, int input_size,
                                  Generator& generator) {
  return std::make_unique<SelfAttention>(
      SelfAttentionOptions{input_size, options.get_int("num_heads", 1),
                           options.get_bool("causal", false), options.get_bool("bias", true)},
      generator);
}

}  // namespace

std::vector<LayerRow> attention_rows() {
  return {
      {"self_attention",
       "every step looks at the others: scaled dot products in heads, [B,T,E] -> [B,T,E]",
       {{"num_heads", "1", "parts of E that look by themselves; they divide it"},
        {"causal", "false", "whether a step sees none after it"},
        {"bias", "true", "whether to add biases"}},
       make_self},
      {"additive_attention",
       "what the last step sees of the others by Bahdanau's score, [B,T,I] -> [B,I]",
       {{"attention_size", "32", "size of the score's hidden layer"}},
       make_additive},
      {"luong_attention",
       "what the last step sees of the others by one of Luong's scores, [B,T,I] -> [B,I]",
       {{"score", "general", "dot, general or concat"},
        {"window", "global", "global: all steps; predictive: those around a predicted one"},
        {"half_width", "10", "steps of a window on either side of its centre"},
        {"attention_size", "0", "size of concat's and the prediction's hidden layer; 0: I"}},
       make_luong},
      {"xu_attention",
       "what the last step sees of the others by Xu's soft attention, [B,T,I] -> [B,I]",
       {{"attention_size", "32", "size of the score's hidden layer"},
        {"gate", "true", "whether a number from the last step says how much the rest counts"}},
       make_xu},
  };
}

}  // namespace sluice
