// DRAW: the gradient of its whole bound, that the bound falls, and the picture file.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "experiments/draw_model.h"
#include "experiments/png.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/autograd/reduce.h"
#include "sluice/train/optimizer.h"

namespace sluice::experiment {
namespace {

// Yes-or-no answers.
Tensor answers(const Shape& shape, uint64_t seed, DType dtype = DType::f64) {
  Tensor x(shape, dtype);
  Generator generator(seed);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (T& each : x.values<T>()) each = static_cast<T>(generator.below(2));
  });
  return x;
}

TEST(DrawModel, GradientsOfTheBound) {
  for (const bool attention : {true, false}) {
    Generator generator(3);
    DrawModel model({.rows = 4,
                     .columns = 5,
                     .glimpses = 2,
                     .hidden_size = 3,
                     .latent_size = 2,
                     .attention = attention,
                     .read_size = 2,
                     .write_size = 3},
                    generator);
    model.to(DType::f64);
    const Variable x(answers({2, 4, 5}, 1));
    const std::vector<Variable> parameters = model.parameters();
    const GradientCheck check = check_gradients(
        [&] {
          Generator noise(4);
          const DrawCosts costs = model.costs(x, noise);
          return mean(costs.reconstruction + costs.divergence);
        },
        parameters);
    EXPECT_LE(check.deviation, 1e-7) << check.where;
  }
}

// Six pictures of one bar each: the bound comes near the ln 6 nats that it takes to say which.
TEST(DrawModel, LearnsBars) {
  Tensor x({6, 6, 6});
  for (int i = 0; i < 36; ++i) x.data<float>()[i / 6 * 36 + i / 6 * 6 + i % 6] = 1;
  Generator generator(3), noise(4);
  DrawModel model({.rows = 6,
                   .columns = 6,
                   .glimpses = 3,
                   .hidden_size = 24,
                   .latent_size = 3,
                   .read_size = 4,
                   .write_size = 4},
                  generator);
  const auto optimizer = make_optimizer("adam", Options(), model.parameters());
  double first = 0, last = 0;
  for (int update = 0; update < 250; ++update) {
    optimizer->zero_grad();
    const DrawCosts costs = model.costs(x, noise);
    const Variable loss = mean(costs.reconstruction + costs.divergence);
    loss.backward();
    optimizer->step(1e-2);
    if (update < 10) first += loss.value().item() / 10;
    if (update >= 240) last += loss.value().item() / 10;
  }
  EXPECT_LT(last, first / 2);
  EXPECT_GT(last, std::log(6)) << "no bound can be below";
  const std::vector<Tensor> stages = model.paint(5, noise);
  EXPECT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages.back().shape(), Shape({5, 6, 6}));
}

TEST(Png, HoldsItsPixels) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("sluice_png_" + std::to_string(getpid()) + ".png"))
          .string();
  const std::vector<uint8_t> pixels = {0, 50, 100, 150, 200, 255};
  write_png(path, 3, pixels);
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  ASSERT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(bytes.substr(8, 16), std::string("\0\0\0\x0dIHDR\0\0\0\3\0\0\0\2", 16));
  const size_t data = bytes.find("IDAT");
  ASSERT_NE(data, bytes.npos);
  uint8_t rows[8];
  uLongf size = sizeof rows;
  ASSERT_EQ(uncompress(rows, &size, reinterpret_cast<const Bytef*>(bytes.data()) + data + 4,
                       static_cast<uLong>(bytes.size() - data - 4)),
            Z_OK);
  EXPECT_EQ(std::vector<uint8_t>(rows, rows + size),
            (std::vector<uint8_t>{0, 0, 50, 100, 0, 150, 200, 255}));
}

}  // namespace
}  // namespace sluice::experiment
