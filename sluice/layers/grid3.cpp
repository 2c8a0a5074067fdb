#include "sluice/layers/grid3.h"

#include <string>

#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

std::unique_ptr<Recurrent> make_block(const Grid3Options& options, const char* cell, int parts,
                                      Generator& generator) {
  RecurrentOptions o;
  o.cell = cell;
  o.input_size = parts * options.hidden_size;
  o.hidden_size = options.hidden_size;
  o.biases = options.biases;
  return std::make_unique<Recurrent>(o, generator);
}

}  // namespace

Grid3::Grid3(const Grid3Options& options, Generator& generator)
    : options_(options), projection_({options.input_size, 2 * options.hidden_size}, generator) {
  if (options.tied && options.priority)
    fail_config("layer.combination", "grid3",
                "depth has a matrix of its own where it comes last, so weights cannot be tied",
                "leave one of tied and priority out");
  add("projection", projection_);
  const char* const all = options.tied ? "grid3_tied" : "grid3";
  for (int i = 0; i < options.num_layers; ++i) {
    const std::string name = std::to_string(i);
    Layer& layer = layers_.emplace_back();
    layer.block = options.priority ? make_block(options, "grid3_times", 3, generator)
                                   : make_block(options, all, 4, generator);
    add(name, *layer.block);
    if (!options.priority) continue;
    layer.depth = make_block(options, "grid1", 4, generator);
    add(name + "_depth", *layer.depth);
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
  for (Layer& layer : layers_) depth = scan(layer, depth);
  return depth;
}

/// H columns of several.
Variable Grid3::part(const Variable& all, int index) const {
  const int64_t h = options_.hidden_size;
  return slice(all, 2, index * h, (index + 1) * h);
}

/// depth [T1,T2,B,2·H], in and out.
Variable Grid3::scan(Layer& layer, const Variable& depth) const {
  const int64_t rows = depth.shape()[0], steps = depth.shape()[1], batch = depth.shape()[2];
  const int64_t h = options_.hidden_size;
  Variable first_h(Tensor({steps, batch, h}, depth.dtype())), first_m = first_h;
  std::vector<Variable> found;
  for (int64_t row = 0; row < rows; ++row) {
    const Variable below = select(depth, 0, row), below_h = part(below, 0),
                   below_m = part(below, 1);
    Variable own;
    if (layer.depth) {
      const Variable times = layer.block->forward(concat({first_h, below_h, first_m}, 2));
      first_h = part(times, 1);
      first_m = part(times, 2);
      own = layer.depth->forward(concat({part(times, 0), first_h, below_h, below_m}, 2));
    } else {
      const Variable all = layer.block->forward(concat({first_h, below_h, first_m, below_m}, 2));
      first_h = part(all, 0);
      first_m = part(all, 2);
      own = concat({part(all, 1), part(all, 3)}, 2);
    }
    found.push_back(reshape(own, {1, steps, batch, 2 * h}));
  }
  return concat(found, 0);
}

}  // namespace sluice
