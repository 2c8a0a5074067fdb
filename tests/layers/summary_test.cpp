// The table of a model: its shapes and numbers, as Keras prints them.
#include "sluice/layers/summary.h"

#include <gtest/gtest.h>

#include "sluice/layers/linear.h"
#include "sluice/layers/norm.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/sequential.h"

namespace sluice {
namespace {

// The numbers are those of Keras' own table of LSTM(50), BatchNormalization and Dense(1) on [10,3],
// with one bias vector a gate as Keras has it.
TEST(Summary, IsKerasTable) {
  Generator generator(1);
  Sequential model(
      std::make_unique<Recurrent>(RecurrentOptions{.cell = "lstm",
                                                   .input_size = 3,
                                                   .hidden_size = 50,
                                                   .batch_first = true,
                                                   .outputs = Outputs::last,
                                                   .biases = 1},
                                  generator),
      std::make_unique<BatchNorm1d>(BatchNormOptions{.input_size = 50}),
      std::make_unique<Linear>(LinearOptions{.input_size = 50, .output_size = 1}, generator));
  EXPECT_EQ("\n" + summary(model, {1, 10, 3}), R"(
Model: "Sequential"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ 0 (lstm)                        │ (None, 50)             │        10,800 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ 1 (BatchNorm1d)                 │ (None, 50)             │           200 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ 2 (Linear)                      │ (None, 1)              │            51 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 11,051 (43.17 KB)
 Trainable params: 10,951 (42.78 KB)
 Non-trainable params: 100 (400.00 B)
)");
}

// Its members' shapes are known where it calls them as functions.
class Skip : public Composite {
 public:
  explicit Skip(Generator& generator)
      : seen_({.input_size = 3, .output_size = 4}, generator),
        unseen_({.input_size = 4, .output_size = 3}, generator) {
    add("seen", seen_);
    add("unseen", unseen_);
  }
  Variable forward(const Variable& x, const Padding&) override { return unseen_.forward(seen_(x)); }

 private:
  Linear seen_, unseen_;
};

TEST(Summary, OfAModelOfOnesOwn) {
  Generator generator(1);
  Skip model(generator);
  model.to(DType::f64);
  model.to(DType::f32);
  model.train();
  const std::string text = summary(model, {5, 7, 3});
  EXPECT_NE(text.find("Model: \"Skip\""), std::string::npos) << text;
  EXPECT_NE(
      text.find("│ seen (Linear)                   │ (None, 7, 4)           │            16 │"),
      std::string::npos)
      << text;
  EXPECT_NE(
      text.find("│ unseen (Linear)                 │ ?                      │            15 │"),
      std::string::npos)
      << text;
  EXPECT_TRUE(model.training());
}

TEST(Summary, OfALayerAlone) {
  Generator generator(1);
  Linear layer({.input_size = 1200, .output_size = 1100}, generator);
  const std::string text = summary(layer, {1, 1200});
  EXPECT_NE(
      text.find("│ layer (Linear)                  │ (None, 1100)           │     1,321,100 │"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find(" Total params: 1,321,100 (5.04 MB)"), std::string::npos) << text;
}

}  // namespace
}  // namespace sluice
