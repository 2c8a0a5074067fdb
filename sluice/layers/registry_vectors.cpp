#include "sluice/layers/embedding.h"
#include "sluice/layers/norm.h"
#include "sluice/layers/registry_rows.h"

namespace sluice {

namespace {

std::unique_ptr<Module> make_embedding(const std::string&, const Options& options, int,
                                       Generator& generator) {
  EmbeddingOptions o;
  o.num_embeddings = options.get_int("num_embeddings", 1);
  o.embedding_dim = options.get_int("embedding_dim", 1);
  o.padding_idx = options.get_int("padding_idx", -1);
  o.initialization = options.get_choice("initialization", "pytorch", {"pytorch", "keras"});
  return std::make_unique<Embedding>(o, generator);
}

std::unique_ptr<Module> make_layer_norm(const std::string&, const Options& options, int input_size,
                                        Generator&) {
  LayerNormOptions o;
  o.input_size = input_size;
  o.epsilon = options.get_double("epsilon", 1e-5);
  o.affine = options.get_bool("affine", true);
  return std::make_unique<LayerNorm>(o);
}

std::unique_ptr<Module> make_batch_norm1d(const std::string&, const Options& options,
                                          int input_size, Generator&) {
  BatchNormOptions o;
  o.input_size = input_size;
  o.epsilon = options.get_double("epsilon", 1e-5);
  o.momentum = options.get_double("momentum", 0.1);
  o.affine = options.get_bool("affine", true);
  o.unbiased = options.get_bool("unbiased", true);
  return std::make_unique<BatchNorm1d>(o);
}

}  // namespace

std::vector<LayerRow> vector_rows() {
  return {
      {"embedding",
       "a vector for each symbol, [B,T] or [B,T,1] -> [B,T,embedding_dim]",
       {{"num_embeddings", "1", "symbols: whole numbers from 0 to one less"},
        {"embedding_dim", "1", "size of a vector"},
        {"padding_idx", "-1", "a symbol whose vector stays zero; -1: none"},
        {"initialization", "pytorch", "pytorch, N(0, 1), or keras, U(±0.05)"}},
       make_embedding},
      {"layer_norm",
       "(x − mean) / √(variance + epsilon) · weight + bias over the numbers of a step",
       {{"epsilon", "1e-5", "PyTorch's; Keras has 1e-3"},
        {"affine", "true", "whether to scale and shift"}},
       make_layer_norm},
      {"batch_norm1d",
       "(x − mean) / √(variance + epsilon) · weight + bias, each channel by the moments of the "
       "batch "
       "while training, by the running ones afterwards",
       {{"epsilon", "1e-5", "PyTorch's; Keras has 1e-3"},
        {"momentum", "0.1", "what a batch counts in the running moments; Keras' 0.99 is 0.01 here"},
        {"affine", "true", "whether to scale and shift"},
        {"unbiased", "true", "whether the running variance takes the unbiased one; Keras: false"}},
       make_batch_norm1d},
  };
}

}  // namespace sluice
