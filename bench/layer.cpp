// The layer of a case with options, and the work it does.
#include "bench/stack.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent_body.h"
#include "sluice/layers/registry.h"
#include "sluice/layers/sequential.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {

std::unique_ptr<Module> layer_of(const BenchCase& c) {
  Options words(c.name);
  words.set("hidden_size", std::to_string(c.hidden_size));
  // Two memories from below are a scan's: such layers do not stand on each other.
  const int layers = find_cell(c.cell).info.below > 1 ? 1 : c.layers;
  words.set("num_layers", std::to_string(layers));
  words.set("outputs", "all");
  for (const auto& [key, value] : c.options) words.set(key, value);
  Generator generator(1);
  // A recipe's layer is batch first: the same once more, steps first.
  std::unique_ptr<Module> layer = make_layer(c.cell, words, c.input_size, generator);
  if (auto* stacked = dynamic_cast<StackedRecurrent*>(layer.get())) {
    StackedOptions options = stacked->options();
    options.layer.batch_first = false;
    layer = std::make_unique<StackedRecurrent>(options, generator);
  } else if (auto* model = dynamic_cast<Sequential*>(layer.get())) {  // behind a linear layer
    RecurrentOptions options = dynamic_cast<Recurrent&>((*model)[1]).options();
    options.batch_first = false;
    LinearOptions projection;
    projection.input_size = c.input_size;
    projection.output_size = options.input_size;
    layer = std::make_unique<Sequential>(std::make_unique<Linear>(projection, generator),
                                         std::make_unique<Recurrent>(options, generator));
  } else {
    RecurrentOptions options = dynamic_cast<Recurrent&>(*layer).options();
    options.batch_first = false;
    layer = std::make_unique<Recurrent>(options, generator);
  }
  fill(*layer, c);
  return layer;
}

Padding lengths_of(const BenchCase& c) {
  Padding padding;
  constexpr double golden = 0.6180339887498949;  // its multiples fill [0, 1) evenly
  for (int row = 0; c.ragged && row < c.batch; ++row) {
    const double part = (row + 0.5) * golden;
    padding.lengths.push_back(1 + static_cast<int>((part - std::floor(part)) * c.steps));
  }
  return padding;
}

namespace {

/// "depth": the one dense product lies on the way from layer to layer, along which the cell recurs.
std::string products_of(const CellLayout& layout) {
  if (layout.normed > 0) return "norm";
  if (layout.messages > 0) return "two";
  if (layout.part(Part::hidden).count == 0) return layout.below > 0 ? "depth" : "none";
  if (layout.projects()) return "projection";
  if (!layout.periods.empty()) return "clocks";
  return layout.dense() ? "one" : "blocks";
}

/// Weights that a row's products read over some steps; where clocks tick, those of units that move.
double weights_read(const CellLayout& layout, int steps) {
  double read = 0;
  for (int u = 0; u < layout.hidden_size; ++u) {
    int connected = layout.projects() ? layout.out : 0, moves = 0;
    for (int other = 0; !layout.projects() && other < layout.hidden_size; ++other)
      connected += layout.connected(u, other);
    for (int s = 0; s < steps; ++s) moves += layout.periods.empty() || layout.ticks(u, s);
    double each = layout.projects() ? layout.out : 0;
    for (int p = 0; p < layout.parts(); ++p) {
      const Part part = part_at(p);
      each +=
          1.0 * layout.part(part).count * (part == Part::hidden ? connected : layout.depth(part));
    }
    read += each * moves;
  }
  return read;
}

}  // namespace

BenchWork work_of(const BenchCase& c) {
  const std::unique_ptr<Module> layer = layer_of(c);
  std::vector<const Recurrent*> recurrent;
  int64_t projected = 0;  // weights of a linear layer below, which every step reads
  if (const auto* stacked = dynamic_cast<const StackedRecurrent*>(layer.get())) {
    for (const StackedLayer& each : stacked->layers()) recurrent.push_back(each.cells.get());
  } else if (auto* model = dynamic_cast<Sequential*>(layer.get())) {
    projected = int64_t{c.input_size} * (*model)[0].output_size(c.input_size);
    recurrent.push_back(dynamic_cast<const Recurrent*>(&(*model)[1]));
  } else {
    recurrent.push_back(dynamic_cast<const Recurrent*>(layer.get()));
  }
  std::vector<int> lengths = lengths_of(c).lengths;
  if (lengths.empty()) lengths.assign(c.batch, c.steps);
  BenchWork work;
  for (int length : lengths) work.operations += 3.0 * 2 * static_cast<double>(projected) * length;
  for (const Recurrent* each : recurrent)
    for (const Direction& direction : each->body()->directions) {
      work.products = products_of(direction.layout);
      for (int length : lengths) {
        work.operations += 3 * 2 * weights_read(direction.layout, length);
        work.unit_steps += 1.0 * direction.layout.hidden_size * length;
      }
    }
  return work;
}

}  // namespace sluice
