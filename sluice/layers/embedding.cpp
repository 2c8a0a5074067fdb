#include "sluice/layers/embedding.h"

#include <algorithm>

#include "sluice/autograd/embedding.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/own_steps.h"

namespace sluice {

Embedding::Embedding(const EmbeddingOptions& options, Generator& generator) : options_(options) {
  if (options.num_embeddings < 1 || options.embedding_dim < 1 || options.padding_idx < -1 ||
      options.padding_idx >= options.num_embeddings)
    fail_config(
        "layer.size", "embedding",
        "num_embeddings and embedding_dim must be positive and padding_idx one of the symbols",
        "set num_embeddings to the number of symbols");
  Tensor weight({options.num_embeddings, options.embedding_dim});
  if (options.initialization == "pytorch")
    fill_normal(weight, 1, generator);
  else if (options.initialization == "keras")
    fill_uniform(weight, 0.05, generator);
  else
    fail_config("config.choice", "embedding.initialization",
                "\"" + options.initialization + "\" is not one of pytorch, keras",
                suggest(options.initialization, {"pytorch", "keras"}));
  if (options.padding_idx >= 0)
    std::fill_n(weight.data<float>() + int64_t{options.padding_idx} * options.embedding_dim,
                options.embedding_dim, 0.0f);
  weight_ = add_parameter("weight", weight);
}

Variable Embedding::forward(const Variable& x, const Padding& padding) {
  const Shape& shape = x.shape();
  Shape symbols = shape;
  if (shape.rank() == 3 && shape[2] == 1) symbols = {shape[0], shape[1]};
  if (padding.lengths.empty())
    return embedding(x.value().reshape(symbols), weight_, options_.padding_idx);
  const OwnSteps steps({symbols[0], symbols[1], 1}, true, padding);
  const Variable clean =
      steps.without_padding(Variable(x.value().reshape({symbols[0], symbols[1], 1})));
  return steps.without_padding(
      embedding(clean.value().reshape(symbols), weight_, options_.padding_idx));
}

}  // namespace sluice
