#include "sluice/layers/grid3.h"

#include <string>

#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

RecurrentOptions layer_options(const Grid3Options& options) {
  RecurrentOptions o;
  o.cell = "grid3";
  o.input_size = 4 * options.hidden_size;
  o.hidden_size = options.hidden_size;
  o.biases = options.biases;
  return o;
}

}  // namespace

Grid3::Grid3(const Grid3Options& options, Generator& generator)
    : options_(options), projection_({options.input_size, 2 * options.hidden_size}, generator) {
  add("projection", projection_);
  for (int i = 0; i < options.num_layers; ++i) {
    layers_.push_back(std::make_unique<Recurrent>(layer_options(options), generator));
    add(std::to_string(i), *layers_.back());
  }
}

Variable Grid3::forward(const Variable& x, const Padding& padding) {
  const bool fits = x.defined() && x.shape().rank() == 4 && x.shape()[3] == options_.input_size;
  if (!fits || x.shape().numel() == 0)
    fail_config("layer.shape", "grid3",
                "needs [T1,T2,B,I] with I = " + std::to_string(options_.input_size) + ", not " +
                    (x.defined() ? x.shape().to_string() : "nothing"),
                "check input_size");
  if (!padding.lengths.empty())
    fail_config("layer.lengths", "grid3", "a row has two lengths, and padding gives one",
                "use rows that are all as long");
  Variable depth = projection_.forward(x);
  for (const auto& layer : layers_) depth = scan(*layer, depth);
  return depth;
}

/// depth [T1,T2,B,2·H], in and out.
Variable Grid3::scan(Recurrent& layer, const Variable& depth) const {
  const int64_t rows = depth.shape()[0], steps = depth.shape()[1], batch = depth.shape()[2];
  const int64_t h = options_.hidden_size;
  Variable first_h(Tensor({steps, batch, h}, depth.dtype())), first_m = first_h;
  std::vector<Variable> found;
  for (int64_t row = 0; row < rows; ++row) {
    const Variable below = select(depth, 0, row);
    const Variable x =
        concat({first_h, slice(below, 2, 0, h), first_m, slice(below, 2, h, 2 * h)}, 2);
    const Variable all = layer.forward(x);  // h of first time and depth, m of both
    first_h = slice(all, 2, 0, h);
    first_m = slice(all, 2, 2 * h, 3 * h);
    const Variable own = concat({slice(all, 2, h, 2 * h), slice(all, 2, 3 * h, 4 * h)}, 2);
    found.push_back(reshape(own, {1, steps, batch, 2 * h}));
  }
  return concat(found, 0);
}

}  // namespace sluice
