#include "sluice/train/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/layers/sequential.h"

namespace sluice {
namespace {

// What training writes, piece by piece.
std::vector<std::string> written(int verbose, bool terminal, int epochs) {
  std::vector<LayerChoice> layers = {{"linear", {}}};
  Generator generator(1);
  const auto model = make_sequential(layers, 1, generator);
  std::vector<std::string> pieces;
  TrainOptions options;
  options.epochs = epochs;
  options.batch_size = 2;
  options.verbose = verbose;
  options.terminal = terminal;
  options.output = [&](std::string_view text) { pieces.emplace_back(text); };
  const Dataset data{Tensor::full({6, 1}, 1), Tensor::full({6, 1}, 2), {}};
  fit(*model, data, &data, options);
  return pieces;
}

TEST(Progress, ZeroIsSilent) {
  EXPECT_TRUE(written(0, true, 3).empty());
  EXPECT_TRUE(written(0, false, 3).empty());
}

TEST(Progress, TwoIsALineAnEpoch) {
  for (bool terminal : {false, true}) {
    const auto lines = written(2, terminal, 3);
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_TRUE(lines[1].starts_with("Epoch 2/3 - 0:00 - loss: ")) << lines[1];
    EXPECT_NE(lines[1].find(" - val_loss: "), std::string::npos);
    EXPECT_NE(lines[1].find(" - learning_rate: 0.001\n"), std::string::npos);
    EXPECT_EQ(lines[3], "trained 3 epochs\n");
  }
}

TEST(Progress, OneIsABarOnATerminal) {
  const auto pieces = written(1, true, 50);
  EXPECT_TRUE(pieces.front().starts_with("\rEpoch 1/50 [")) << pieces.front();
  const std::string& last = pieces[pieces.size() - 3];
  EXPECT_TRUE(last.starts_with("\rEpoch 50/50 [================] loss: ")) << last;
  EXPECT_NE(last.find("0:00 left"), std::string::npos);
  for (const std::string& piece : pieces) EXPECT_LE(piece.size(), 80u) << piece;
  EXPECT_EQ(pieces.back(), "trained 50 epochs\n");
}

TEST(Progress, OneElsewhereIsAFewPlainLines) {
  const auto lines = written(1, false, 200);
  EXPECT_LT(lines.size(), 20u);
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find('\r'), std::string::npos);
    EXPECT_EQ(line.back(), '\n');
  }
  EXPECT_TRUE(lines[lines.size() - 2].starts_with("Epoch 200/200")) << "the last epoch is shown";
}

TEST(Progress, WritesDurations) {
  EXPECT_EQ(duration_text(0), "0:00");
  EXPECT_EQ(duration_text(65.4), "1:05");
  EXPECT_EQ(duration_text(3600 * 2 + 61), "2:01:01");
  EXPECT_EQ(loss_text({0, 1, 0, 0, 0.125, NAN, 0, 0}), "loss: 0.125");
}

}  // namespace
}  // namespace sluice
