#include "experiments/chorales.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "experiments/gaussian.h"
#include "experiments/training.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/reduce.h"
#include "sluice/base/error.h"
#include "sluice/layers/dropout.h"
#include "sluice/layers/linear.h"
#include "sluice/train/batch.h"
#include "sluice/train/clip.h"
#include "sluice/train/optimizer.h"

namespace sluice::experiment {

namespace {

constexpr int64_t keys = 88;
constexpr int lowest_pitch = 21;

using Pieces = std::vector<std::vector<std::vector<int>>>;

Dataset rolls(const Pieces& pieces, const std::string& path) {
  size_t longest = 2;
  for (const auto& piece : pieces) longest = std::max(longest, piece.size());
  const auto rows = static_cast<int64_t>(pieces.size()), steps = static_cast<int64_t>(longest) - 1;
  Dataset data{Tensor({rows, steps, keys}), Tensor({rows, steps, keys}), {}};
  for (int64_t row = 0; row < rows; ++row) {
    const auto& piece = pieces[static_cast<size_t>(row)];
    const auto length = static_cast<int64_t>(piece.size());
    data.padding.lengths.push_back(static_cast<int>(std::max<int64_t>(0, length - 1)));
    for (int64_t step = 0; step < length; ++step)
      for (const int pitch : piece[static_cast<size_t>(step)]) {
        const int64_t key = pitch - lowest_pitch;
        if (key < 0 || key >= keys)
          fail_data("data.chorales", path, "a piano has no pitch " + std::to_string(pitch),
                    "give MIDI pitches from 21 to 108");
        if (step + 1 < length) data.x.data<float>()[(row * steps + step) * keys + key] = 1;
        if (step > 0) data.y.data<float>()[(row * steps + step - 1) * keys + key] = 1;
      }
  }
  return data;
}

int64_t true_steps(const Padding& padding) {
  return std::accumulate(padding.lengths.begin(), padding.lengths.end(), int64_t{0});
}

// The rows of a batch without the steps that are padding in all of them.
Dataset shortened(const Batch& batch) {
  const std::vector<int>& lengths = batch.padding().lengths;
  const int64_t longest = *std::max_element(lengths.begin(), lengths.end());
  return {slice(batch.x(), 1, 0, longest).value(), slice(batch.y(), 1, 0, longest).value(),
          batch.padding()};
}

struct Nats {
  double all = 0, divergence = 0;
};

// Nats a step over all pieces, in evaluation mode.
Nats nats_of(Module& model, const Dataset& data, const ChoraleCostOf& cost) {
  const NoGrad no_grad;
  model.eval();
  Nats total;
  Batch batch;
  for (int64_t begin = 0; begin < data.size(); begin += 16) {
    batch.gather_range(data, begin, std::min(begin + 16, data.size()));
    const Dataset part = shortened(batch);
    const ChoraleCost here = cost(part);
    const double share = static_cast<double>(true_steps(part.padding)) /
                         static_cast<double>(true_steps(data.padding));
    total.all += here.nats.value().item() * share;
    total.divergence += here.divergence * share;
  }
  model.train();
  return total;
}

// Recurrent layers with dropout behind each, and a linear layer to the keys.
Sequential make_chorale_model(const ChoraleOptions& o, uint64_t seed) {
  Generator generator(seed);
  const CellInfo& cell = find_cell(o.cell).info;
  Sequential model;
  for (int layer = 0; layer < o.num_layers; ++layer) {
    RecurrentOptions recurrent{.cell = o.cell,
                               .input_size = layer == 0 ? static_cast<int>(keys) : o.hidden_size,
                               .hidden_size = o.hidden_size,
                               .batch_first = true};
    const bool forgets = std::any_of(cell.gates.begin(), cell.gates.end(),
                                     [](const GateInfo& gate) { return gate.name == "f"; });
    if (forgets) recurrent.forget_bias = o.forget_bias;
    model.push_back(std::make_unique<Recurrent>(recurrent, generator));
    model.push_back(std::make_unique<Dropout>(o.dropout, seed * 10 + static_cast<uint64_t>(layer)));
  }
  model.push_back(std::make_unique<Linear>(
      LinearOptions{.input_size = o.hidden_size, .output_size = static_cast<int>(keys)},
      generator));
  return model;
}

// One pass over the pieces; appends the loss of every batch.
void train_epoch(Optimizer& optimizer, const Dataset& data, const ChoraleOptions& options,
                 double learning_rate, const ChoraleCostOf& cost, Generator& order,
                 std::vector<double>& losses) {
  std::vector<int64_t> rows(static_cast<size_t>(data.size()));
  order.permutation(rows);
  const auto size = static_cast<size_t>(options.batch_size);
  Batch batch;
  for (size_t begin = 0; begin < rows.size(); begin += size) {
    batch.gather(data, std::span(rows).subspan(begin, std::min(size, rows.size() - begin)));
    optimizer.zero_grad();
    const Variable loss = cost(shortened(batch)).nats;
    loss.backward();
    clip_norm(optimizer.parameters(), options.clip_norm);
    optimizer.step(learning_rate);
    losses.push_back(loss.value().item());
  }
}

}  // namespace

Chorales read_chorales(const std::string& path) {
  if (path.empty())
    fail_config("usage.data", "--data", "the chorales do not come with sluice",
                "give --data and the path of jsb-chorales-quarter.json");
  std::ifstream file(path);
  if (!file) fail_data("data.chorales", path, "the file cannot be opened", "check the path");
  try {
    const nlohmann::json all = nlohmann::json::parse(file);
    const auto part = [&](const char* name) { return rolls(all.at(name).get<Pieces>(), path); };
    return {part("train"), part("valid"), part("test")};
  } catch (const nlohmann::json::exception& error) {
    fail_data("data.chorales", path, error.what(), "give train, valid and test: lists of pieces");
  }
}

Variable step_mean(const Variable& costs, const Padding& padding) {
  const int64_t rows = costs.shape()[0], steps = costs.shape()[1];
  Tensor mask({rows, steps}, costs.dtype());
  dispatch(mask.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t row = 0; row < rows; ++row)
      std::fill_n(mask.data<T>() + row * steps, padding.lengths[static_cast<size_t>(row)], T(1));
  });
  return sum(costs * mask) / static_cast<double>(true_steps(padding));
}

Run train_chorales(Module& model, const Chorales& data, const ChoraleOptions& options,
                   uint64_t seed, const ChoraleCostOf& cost,
                   const std::function<void(int)>& epoch_begins) {
  Generator order(10000 + seed);
  const auto optimizer = make_optimizer("adam", Options(), model.parameters());
  double learning_rate = options.learning_rate;
  Nats test;
  std::vector<double> losses, held_out;
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    if (epoch_begins) epoch_begins(epoch);
    train_epoch(*optimizer, data.train, options, learning_rate, cost, order, losses);
    const double loss = nats_of(model, data.validation, cost).all;
    const auto recent = held_out.end() - std::min<std::ptrdiff_t>(3, std::ssize(held_out));
    if (std::ssize(held_out) >= 3 && loss > *std::max_element(recent, held_out.end()))
      learning_rate /= 10;
    if (held_out.empty() || loss < *std::min_element(held_out.begin(), held_out.end()))
      test = nats_of(model, data.test, cost);
    held_out.push_back(loss);
  }
  const double best = *std::min_element(held_out.begin(), held_out.end());
  const Losses ends = first_and_last(losses);
  return {{test.all, best, test.divergence}, model.parameter_count(), ends.first, ends.last};
}

Run run_chorales(const Chorales& data, const ChoraleOptions& options, uint64_t seed) {
  Sequential model = make_chorale_model(options, seed);
  return train_chorales(model, data, options, seed, [&](const Dataset& pieces) {
    const Variable logits = model.forward(pieces.x, pieces.padding);
    return ChoraleCost{step_mean(answer_costs(logits, pieces.y), pieces.padding)};
  });
}

std::vector<Floor> chorale_floors(const Chorales& data) {
  // How often a key sounds, [0] after silence and [1] after sounding; starts of one half.
  std::vector<double> sounding(2 * keys, 0.5), counted(2 * keys, 1);
  const auto for_each_true_step = [](const Dataset& set, auto&& body) {
    const int64_t steps = set.x.size(1);
    for (int64_t row = 0; row < set.size(); ++row)
      for (int64_t step = 0; step < set.padding.lengths[static_cast<size_t>(row)]; ++step)
        for (int64_t key = 0; key < keys; ++key) {
          const int64_t at = (row * steps + step) * keys + key;
          body(static_cast<size_t>(key), set.x.item(at) == 1, set.y.item(at) == 1);
        }
  };
  for_each_true_step(data.train, [&](size_t key, bool before, bool now) {
    sounding[2 * key + before] += now;
    counted[2 * key + before] += 1;
  });
  double marginal = 0, persistent = 0;
  for_each_true_step(data.test, [&](size_t key, bool before, bool now) {
    const double often =
        (sounding[2 * key] + sounding[2 * key + 1]) / (counted[2 * key] + counted[2 * key + 1]);
    const double after = sounding[2 * key + before] / counted[2 * key + before];
    marginal -= std::log(now ? often : 1 - often);
    persistent -= std::log(now ? after : 1 - after);
  });
  const auto steps = static_cast<double>(true_steps(data.test.padding));
  return {{"each key's share", {marginal / steps, NAN}},
          {"given the key before", {persistent / steps, NAN}}};
}

}  // namespace sluice::experiment
