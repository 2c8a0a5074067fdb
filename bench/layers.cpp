// Layers other than the recurrent ones: forward, backward with dL/dy = y (or from the
// cross-entropy), gradients of all weights and of the inputs.
#include <memory>

#include "bench/stack.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/layers/conv1d.h"
#include "sluice/layers/embedding.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/luong_attention.h"
#include "sluice/layers/self_attention.h"
#include "sluice/train/loss.h"

namespace sluice {
namespace {

/// What one call works on. Gradients start from nothing every time.
struct Work {
  std::unique_ptr<Module> module;
  std::vector<Variable> inputs;  ///< those that get a gradient
  Tensor given, truth;           ///< words, and the words that follow
  int queries = 0;
};

int word_of(const BenchCase& c, const std::string& key) {
  for (const auto& [name, value] : c.options)
    if (name == key) return std::stoi(value);
  return 1;
}

// Sequences [batch, steps, size], time before features.
Variable sequence_of(const BenchCase& c) {
  return {filled({c.batch, c.steps, c.input_size}, 0, 1), true};
}

/// Word k of the sequence that begins at `phase`.
Tensor words_of(const BenchCase& c, int phase) {
  Tensor words({c.batch, c.steps});
  for (int64_t k = 0; k < words.numel(); ++k)
    words.data<float>()[k] = static_cast<float>((7919 * k + 104729 * phase) % c.input_size);
  return words;
}

class Words : public Composite {
 public:
  Words(const BenchCase& c, Generator& generator)
      : table_({.num_embeddings = c.input_size, .embedding_dim = c.hidden_size}, generator),
        head_({.input_size = c.hidden_size, .output_size = c.input_size}, generator) {
    add("table", table_);
    add("head", head_);
  }
  Variable forward(const Variable& words, const Padding& = {}) override {
    return head_(table_(words));
  }

 private:
  Embedding table_;
  Linear head_;
};

std::unique_ptr<Module> module_of(const BenchCase& c) {
  Generator generator(1);
  const int size = c.hidden_size;
  if (c.cell == "conv1d")
    return std::make_unique<Conv1d>(Conv1dOptions{.in_channels = c.input_size,
                                                  .out_channels = size,
                                                  .kernel_size = word_of(c, "kernel_size"),
                                                  .dilation = word_of(c, "dilation"),
                                                  .padding = WindowPadding("same")},
                                    generator);
  if (c.cell == "self_attention")
    return std::make_unique<SelfAttention>(
        SelfAttentionOptions{.embed_dim = size,
                             .num_heads = word_of(c, "heads"),
                             .causal = word_of(c, "causal") == 1},
        generator);
  if (c.cell == "luong")
    return std::make_unique<LuongAttention>(
        LuongAttentionOptions{.query_size = size, .key_size = size}, generator);
  if (c.cell == "bahdanau")
    return std::make_unique<AdditiveAttention>(
        AdditiveAttentionOptions{.query_size = size, .key_size = size, .attention_size = size},
        generator);
  if (c.cell == "words") return std::make_unique<Words>(c, generator);
  return nullptr;
}

std::unique_ptr<Work> work_of_layer(const BenchCase& c) {
  auto work = std::make_unique<Work>();
  work->module = module_of(c);
  if (!work->module) return nullptr;
  fill(*work->module, c);
  if (c.cell == "words") {
    work->given = words_of(c, 0);
    work->truth = words_of(c, 1);
    return work;
  }
  work->inputs.push_back(sequence_of(c));
  if (dynamic_cast<Attention*>(work->module.get())) {
    work->queries = word_of(c, "queries");
    for (int i = 0; i < work->queries; ++i) work->inputs.emplace_back();
    const Tensor all = filled({work->queries, c.batch, c.hidden_size}, 9, 1);
    for (int i = 0; i < work->queries; ++i)
      work->inputs[i + 1] = Variable(select(all, 0, i).value().clone(), true);
  }
  return work;
}

/// The outputs, or the loss.
Variable outputs_of(Work& work) {
  if (work.truth.defined()) {
    static const std::unique_ptr<Loss> loss = make_loss("cross_entropy");
    return (*loss)((*work.module)(work.given), work.truth);
  }
  const auto* attention = dynamic_cast<const Attention*>(work.module.get());
  if (!attention) return (*work.module)(work.inputs[0]);
  const AttentionMemory memory = attention->remember(work.inputs[0]);
  std::vector<Variable> contexts;
  for (int i = 0; i < work.queries; ++i)
    contexts.push_back(attention->attend(work.inputs[i + 1], memory, i).context);
  return concat(contexts, 0);
}

Variable step(Work& work) {
  for (const Variable& x : work.inputs) x.zero_grad();
  for (const Variable& parameter : work.module->parameters()) parameter.zero_grad();
  Variable y = outputs_of(work);
  if (work.truth.defined())
    y.backward();
  else
    y.backward(y.value());
  return y;
}

std::function<void()> prepare(const BenchCase& c) {
  std::shared_ptr<Work> work = work_of_layer(c);
  if (!work || c.mode != "train") return nullptr;
  return [work] { step(*work); };
}

double squares(const Tensor& tensor) {
  double sum = 0;
  for (float v : tensor.values<float>()) sum += double{v} * v;
  return sum;
}

BenchProbe check(const BenchCase& c) {
  const std::unique_ptr<Work> work = work_of_layer(c);
  if (!work) fail_config("bench.layer", c.cell, "there is no such layer", "see bench/workloads.py");
  const Variable y = step(*work);
  BenchProbe probe{work->truth.defined() ? y.value().item() : squares(y.value()) / 2, 0, 0};
  for (const Variable& x : work->inputs) probe.gradient += squares(x.grad());
  for (const auto& [name, gradient] : work->module->gradients())
    probe.next_loss += squares(gradient);
  return probe;
}

}  // namespace
}  // namespace sluice

int main() { return sluice::serve(sluice::prepare, sluice::check); }
