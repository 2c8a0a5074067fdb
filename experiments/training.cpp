#include "experiments/training.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <utility>

#include "sluice/layers/initialization.h"
#include "sluice/layers/linear.h"
#include "sluice/train/clip.h"
#include "sluice/train/optimizer.h"

namespace sluice::experiment {

Sequential make_model(RecurrentOptions options, int output_size) {
  options.batch_first = true;
  options.biases = 1;
  Generator unused;
  Sequential model;
  model.push_back(std::make_unique<Recurrent>(options, unused));
  model.push_back(std::make_unique<Linear>(
      LinearOptions{.input_size = options.hidden_size, .output_size = output_size}, unused));
  return model;
}

namespace {

bool has(const std::string& name, const char* part) { return name.find(part) != name.npos; }

// Biases of the gates that read the input stand in blocks, in the order of their rows.
void set_biases(const CellInfo& cell, const FirstWeights& first, Tensor& bias) {
  std::set<int> rows;
  for (const GateInfo& gate : cell.gates)
    if (gate.biased && (gate.reads & reads_input)) rows.insert(gate.row);
  const int64_t units = bias.numel() / static_cast<int64_t>(rows.size());
  for (const GateInfo& gate : cell.gates)
    for (const auto& [name, value] : first.biases)
      if (gate.name == name && rows.contains(gate.row))
        std::fill_n(bias.data<float>() + std::distance(rows.begin(), rows.find(gate.row)) * units,
                    units, static_cast<float>(value));
}

}  // namespace

void draw_weights(Module& model, const CellInfo& cell, const FirstWeights& first,
                  Generator& generator) {
  NamedTensors state = model.state();
  for (auto& [name, tensor] : state) {
    if (has(name, "bias")) tensor.fill(0);
    if (!has(name, "weight")) continue;
    const double scale = has(name, "weight_ih") ? first.input
                         : has(name, "_l0")     ? first.recurrent
                                                : first.readout;
    const auto columns = static_cast<double>(tensor.size(1));
    fill_normal(tensor, first.by_root ? scale / std::sqrt(columns) : scale, generator);
  }
  for (auto& [name, tensor] : state) {
    if (has(name, "peephole")) fill_normal(tensor, first.peephole, generator);
    if (has(name, "bias_ih")) set_biases(cell, first, tensor);
  }
  model.load_state(state);
}

Losses first_and_last(std::vector<double> losses) {
  const auto tenth = static_cast<std::ptrdiff_t>(std::max<size_t>(1, losses.size() / 10));
  const auto mean = [tenth](auto begin) {
    return std::accumulate(begin, begin + tenth, 0.0) / static_cast<double>(tenth);
  };
  const double first = mean(losses.begin()), last = mean(losses.end() - tenth);
  return {first, last, std::move(losses)};
}

Losses train(Module& model, const Protocol& protocol, const Draw& draw, const LossOf& loss,
             Generator& generator, const std::function<void(int)>& after) {
  const auto optimizer =
      make_optimizer(protocol.optimizer, protocol.optimizer_options, model.parameters());
  std::vector<double> losses;
  double learning_rate = protocol.learning_rate;
  for (int update = 1; update <= protocol.updates; ++update) {
    const Dataset batch = draw(generator);
    optimizer->zero_grad();
    const Variable cost = loss(model.forward(batch.x), batch.y);
    cost.backward();
    if (protocol.clip_norm > 0) clip_norm(optimizer->parameters(), protocol.clip_norm);
    optimizer->step(learning_rate);
    losses.push_back(cost.value().item());
    if (protocol.halve_every > 0 && update % protocol.halve_every == 0) learning_rate /= 2;
    if (after) after(update);
  }
  return first_and_last(std::move(losses));
}

}  // namespace sluice::experiment
