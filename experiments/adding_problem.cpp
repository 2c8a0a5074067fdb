#include "experiments/adding_problem.h"

#include <cmath>

#include "sluice/autograd/arithmetic.h"
#include "sluice/train/loss.h"

namespace sluice::experiment {

namespace {

constexpr int64_t batch_rows = 32, test_rows = 512;

Dataset test_sequences(int64_t steps, uint64_t seed) {
  Generator generator(10000 + seed);
  return draw_adding(test_rows, steps, generator);
}

}  // namespace

Dataset draw_adding(int64_t rows, int64_t steps, Generator& generator) {
  Dataset data{Tensor({rows, steps, 2}), Tensor({rows, 1}), {}};
  std::vector<float> numbers(static_cast<size_t>(rows * steps));
  generator.uniform(numbers, -1, 1);
  float *const x = data.x.data<float>(), *const y = data.y.data<float>();
  for (int64_t i = 0; i < rows * steps; ++i) x[i * 2] = numbers[static_cast<size_t>(i)];
  const int64_t half = steps / 2;
  for (int64_t row = 0; row < rows; ++row) {
    const auto first = static_cast<int64_t>(generator.below(static_cast<uint64_t>(half)));
    const auto second =
        half + static_cast<int64_t>(generator.below(static_cast<uint64_t>(steps - half)));
    for (const int64_t place : {row * steps + first, row * steps + second}) {
      x[place * 2 + 1] = 1;
      y[row] += x[place * 2];
    }
  }
  return data;
}

AddingScore score_adding(const Tensor& predicted, const Tensor& truth) {
  AddingScore score = {0, 0};
  const auto count = static_cast<double>(truth.numel());
  for (int64_t i = 0; i < truth.numel(); ++i) {
    const double error = predicted.item(i) - truth.item(i);
    score.mse += error * error / count;
    score.solved += (std::abs(error) < 0.04) / count;
  }
  return score;
}

Run run_adding(const RecurrentOptions& options, const FirstWeights& first, const Protocol& protocol,
               int64_t steps, uint64_t seed) {
  Generator generator(seed);
  Sequential model = make_model(options, 1);
  draw_weights(model, find_cell(options.cell).info, first, generator);
  const Losses losses = train(
      model, protocol, [steps](Generator& g) { return draw_adding(batch_rows, steps, g); },
      [](const Variable& prediction, const Tensor& target) {
        return 0.5 * mse_loss(prediction, target);
      },
      generator);
  const Dataset test = test_sequences(steps, seed);
  const AddingScore score = score_adding(predict(model, test.x), test.y);
  return {
      {score.mse, score.solved}, model.parameter_count(), losses.first, losses.last, losses.all};
}

std::vector<Floor> adding_floors(int64_t steps) {
  const Dataset test = test_sequences(steps, 0);
  Tensor zero({test_rows, 1}), second({test_rows, 1});
  for (int64_t row = 0; row < test_rows; ++row)
    for (int64_t step = steps / 2; step < steps; ++step) {
      const int64_t place = (row * steps + step) * 2;
      if (test.x.item(place + 1) == 1)
        second.data<float>()[row] = static_cast<float>(test.x.item(place));
    }
  const AddingScore nothing = score_adding(zero, test.y), half = score_adding(second, test.y);
  return {{"always 0", {nothing.mse, nothing.solved}},
          {"the second number", {half.mse, half.solved}}};
}

}  // namespace sluice::experiment
