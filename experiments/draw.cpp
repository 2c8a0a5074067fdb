// DRAW on MNIST: the bound while it trains, with attention and without, and what it paints.
#include "experiments/draw_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/mnist.h"
#include "experiments/png.h"
#include "experiments/training.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/reduce.h"
#include "sluice/train/batch.h"
#include "sluice/train/clip.h"
#include "sluice/train/optimizer.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

// The divergence counts more with every one of the first updates, or the latent variables would be
// given up before they are of use.
constexpr int batch_size = 100, all_updates = 1000, warm_updates = 400, told_every = 200;
constexpr double learning_rate = 1e-3, most_norm = 10;

// Pixels as they fall: each is one with the probability that its grey is.
Tensor fallen(const Tensor& grey, Generator& generator) {
  Tensor pixels(grey.shape());
  generator.uniform(pixels.values<float>());
  for (int64_t i = 0; i < grey.numel(); ++i)
    pixels.data<float>()[i] = pixels.data<float>()[i] < grey.data<float>()[i] ? 1.0f : 0.0f;
  return pixels;
}

struct Bound {
  double all = 0, divergence = 0;
};

// Nats a picture, over pictures whose pixels have fallen.
Bound bound_of(DrawModel& model, const Dataset& pictures) {
  const NoGrad no_grad;
  Generator noise(3);
  Bound mean;
  Batch batch;
  for (int64_t begin = 0; begin < pictures.size(); begin += batch_size) {
    batch.gather_range(pictures, begin, std::min<int64_t>(begin + batch_size, pictures.size()));
    const DrawCosts costs = model.costs(batch.x(), noise);
    const double divergence = sum(costs.divergence).value().item();
    mean.divergence += divergence / static_cast<double>(pictures.size());
    mean.all += (sum(costs.reconstruction).value().item() + divergence) /
                static_cast<double>(pictures.size());
  }
  return mean;
}

// Eight pictures, one a row, after every glimpse.
void paint(DrawModel& model, const std::string& path) {
  constexpr int count = 8;
  Generator noise(4);
  const std::vector<Tensor> stages = model.paint(count, noise);
  const int64_t rows = stages[0].size(1), columns = stages[0].size(2), gap = 2;
  const int64_t width = std::ssize(stages) * (columns + gap) - gap;
  std::vector<uint8_t> pixels(static_cast<size_t>(width * (count * (rows + gap) - gap)), 128);
  for (int64_t stage = 0; stage < std::ssize(stages); ++stage)
    for (int64_t i = 0; i < stages[stage].numel(); ++i) {
      const int64_t picture = i / (rows * columns), row = i / columns % rows, column = i % columns;
      const int64_t y = picture * (rows + gap) + row, x = stage * (columns + gap) + column;
      pixels[static_cast<size_t>(y * width + x)] =
          static_cast<uint8_t>(std::lround(255 * (1 - stages[stage].item(i))));
    }
  write_png(path, width, pixels);
}

Run run_draw(const Digits& digits, const DrawOptions& options, const std::string& name,
             const CommandLine& command_line, uint64_t seed) {
  Generator generator(seed), noise(20000 + seed), fall(2);
  DrawModel model(options, generator);
  const auto optimizer = make_optimizer("adam", Options(), model.parameters());
  const Dataset test{fallen(digits.test.x, fall), digits.test.y, {}};
  const Dataset some = first_rows(test, std::min<int64_t>(1000, test.size()));
  const int updates = command_line.updates ? command_line.updates : all_updates;
  std::vector<double> losses;
  std::vector<int64_t> chosen(
      static_cast<size_t>(std::min<int64_t>(batch_size, digits.train.size())));
  Batch batch;
  for (int update = 1; update <= updates; ++update) {
    for (int64_t& row : chosen)
      row = static_cast<int64_t>(noise.below(static_cast<uint64_t>(digits.train.size())));
    batch.gather(digits.train, chosen);
    optimizer->zero_grad();
    const DrawCosts costs = model.costs(fallen(batch.x(), noise), noise);
    const double weight = std::min(1.0, static_cast<double>(update) / warm_updates);
    const Variable loss = mean(costs.reconstruction + costs.divergence * weight);
    loss.backward();
    clip_norm(optimizer->parameters(), most_norm);
    optimizer->step(learning_rate);
    losses.push_back(loss.value().item());
    if (update % told_every != 0) continue;
    const Bound bound = bound_of(model, some);
    std::printf("%s, seed %d, %5d updates: %.2f, of it divergence %.2f\n", name.c_str(),
                static_cast<int>(seed), update, bound.all, bound.divergence);
    std::fflush(stdout);
  }
  if (seed == 0 && options.attention && !command_line.picture.empty())
    paint(model, command_line.picture);
  const Bound bound = bound_of(model, test);
  const Losses ends = first_and_last(losses);
  return {{bound.all, bound.divergence}, model.parameter_count(), ends.first, ends.last};
}

// Each pixel one as often as in the training pictures, whatever the others are.
std::vector<Floor> pixel_shares(const Digits& digits) {
  const int64_t pixels = digits.train.x.numel() / digits.train.size();
  std::vector<double> share(static_cast<size_t>(pixels), 0.5);
  for (int64_t i = 0; i < digits.train.x.numel(); ++i)
    share[static_cast<size_t>(i % pixels)] += digits.train.x.item(i);
  for (double& each : share) each /= static_cast<double>(digits.train.size()) + 1;
  Generator fall(2);
  const Tensor test = fallen(digits.test.x, fall);
  double nats = 0;
  for (int64_t i = 0; i < test.numel(); ++i) {
    const double often = share[static_cast<size_t>(i % pixels)];
    nats -= std::log(test.item(i) == 1 ? often : 1 - often);
  }
  return {{"each pixel's share", {nats / static_cast<double>(digits.test.size()), 0}}};
}

bool run(const CommandLine& command_line) {
  const Digits digits = read_mnist(command_line.data);
  const auto row = [&](const std::string& name, const std::string& published, bool attention) {
    DrawOptions options{.rows = static_cast<int>(digits.train.x.size(1)),
                        .columns = static_cast<int>(digits.train.x.size(2)),
                        .attention = attention};
    return Row{name, published, [&, name, options](uint64_t seed) {
                 return run_draw(digits, options, name, command_line, seed);
               }};
  };
  return print_table({.title = "DRAW on MNIST, upper bound of −log p in nats a picture",
                      .columns = {{"test bound", 2}, {"divergence", 2}},
                      .rows = {row("draw", "80.97, 64 glimpses", true),
                               row("no attention", "87.40, 64 glimpses", false)},
                      .floors = pixel_shares(digits)},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
