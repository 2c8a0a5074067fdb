// Sequence to sequence: gradients, the ways to decode, source masks, scheduled sampling, bits.
#include "sluice/layers/encoder_decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "recurrent_case.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/gradient_check.h"
#include "sluice/autograd/softmax.h"
#include "sluice/base/parallel.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure;

// A model per kind of attention, of cell and of encoder.
struct Kind {
  const char* name;
  EncoderDecoderOptions options;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

EncoderDecoderOptions small(const char* attention, const char* cell, int layers,
                            DirectionOf direction, bool feeding = true) {
  return {.source_symbols = 5,
          .target_symbols = 4,
          .embedding_dim = 3,
          .cell = cell,
          .hidden_size = 4,
          .num_layers = layers,
          .encoder_direction = direction,
          .attention = attention,
          .input_feeding = feeding,
          .end_symbol = 1,
          .source_steps = 4};
}

const Kind kinds[] = {
    {"none", small("none", "lstm", 2, DirectionOf::forward)},
    {"none_reverse", small("none", "gru", 1, DirectionOf::reverse)},
    {"none_both", small("none", "lstm", 2, DirectionOf::both)},
    {"additive_both", small("additive", "gru", 1, DirectionOf::both)},
    {"additive_two_layers", small("additive", "lstm", 2, DirectionOf::forward)},
    {"dot", small("dot", "lstm", 1, DirectionOf::forward)},
    {"general", small("general", "lstm", 1, DirectionOf::both)},
    {"concat_unfed", small("concat", "gru", 1, DirectionOf::forward, false)},
};

Tensor symbols(const Shape& shape, int count, uint64_t seed) {
  Tensor x(shape);
  Generator generator(seed);
  for (float& value : x.values<float>()) value = static_cast<float>(generator.below(count));
  return x;
}

EncoderDecoder model_of(const Kind& kind, uint64_t seed = 3) {
  Generator generator(seed);
  return EncoderDecoder(kind.options, generator);
}

std::vector<float> bits(const Tensor& x) {
  return {x.values<float>().begin(), x.values<float>().end()};
}

class EncoderDecoderKinds : public testing::TestWithParam<Kind> {};

TEST_P(EncoderDecoderKinds, Gradients) {
  EncoderDecoder model = model_of(GetParam());
  model.to(DType::f64);
  const Tensor source = symbols({2, 4}, 5, 1), targets = symbols({2, 3}, 4, 2);
  const std::vector<Variable> leaves = model.parameters();
  const std::vector<double*> unused = test::unused_places(model);
  const GradientCheck check = check_gradients(
      [&] {
        for (double* place : unused) *place = 0;
        return log_softmax(model.teach(source, targets, {.lengths = {4, 2}}).logits);
      },
      leaves);
  EXPECT_LE(check.deviation, 1e-7) << check.where;
}

// All at once and step by step, the same bits.
TEST_P(EncoderDecoderKinds, TeachingIsSteps) {
  EncoderDecoder model = model_of(GetParam());
  const Tensor source = symbols({3, 4}, 5, 1), targets = symbols({3, 5}, 4, 2);
  const DecodedTargets taught = model.teach(source, targets);
  EncodedSource encoded = model.encode(source);
  for (int t = 0; t < 5; ++t) {
    Tensor before({3});
    for (int row = 0; row < 3; ++row)
      before.data<float>()[row] = t == 0 ? 0 : static_cast<float>(targets.item(row * 5 + t - 1));
    const DecoderStep one = model.step(before, encoded.state, encoded.memory);
    EXPECT_EQ(bits(one.logits.value()), bits(select(taught.logits, 1, t).value())) << t;
  }
}

// What stands behind a short source changes nothing, and neither do the rows beside it.
TEST_P(EncoderDecoderKinds, SourcesAreMasked) {
  EncoderDecoder model = model_of(GetParam());
  Tensor source = symbols({2, 4}, 5, 1);
  const Tensor targets = symbols({2, 3}, 4, 2);
  const Padding padding{.lengths = {2, 4}};
  const Tensor before = model.teach(source, targets, padding).logits.value();
  const Tensor alone = model
                           .teach(Tensor::from(source.values<float>().first(2), {1, 2}),
                                  Tensor::from(targets.values<float>().first(3), {1, 3}))
                           .logits.value();
  source.data<float>()[2] = NAN;
  source.data<float>()[3] = 77;
  EXPECT_EQ(bits(model.teach(source, targets, padding).logits.value()), bits(before));
  for (int64_t i = 0; i < alone.numel(); ++i)
    EXPECT_NEAR(alone.item(i), before.item(i), 1e-6) << "a mask must be as good as a shorter row";
}

// A beam of one is the likeliest symbol at every step.
TEST_P(EncoderDecoderKinds, ABeamOfOneIsGreedy) {
  EncoderDecoder model = model_of(GetParam());
  const Tensor source = symbols({4, 4}, 5, 1);
  const Padding padding{.lengths = {4, 3, 1, 2}};
  const auto greedy = model.greedy(source, 6, padding);
  const auto beam = model.beam(source, {.width = 1, .max_steps = 6}, padding);
  ASSERT_EQ(beam.size(), 4u);
  for (size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(beam[row][0].symbols, greedy[row].symbols);
    EXPECT_EQ(beam[row][0].ended, greedy[row].ended);
    EXPECT_NEAR(beam[row][0].log_probability, greedy[row].log_probability, 1e-5);
    EXPECT_EQ(beam[row][0].weights.size(), greedy[row].weights.size());
  }
}

// A beam that holds everything finds the likeliest of all sequences.
TEST_P(EncoderDecoderKinds, AWideBeamFindsTheBest) {
  EncoderDecoder model = model_of(GetParam());
  const Tensor source = symbols({1, 4}, 5, 6);
  double best = -INFINITY;
  std::vector<int> likeliest;
  const int end = 1, count = 4;
  for (int code = 0; code < count * count * count; ++code) {
    const std::vector<int> all = {code / 16, code / 4 % 4, code % 4};
    std::vector<int> kept;  // up to the end symbol, which counts once
    double log_probability = 0;
    Tensor targets({1, 3});
    for (int t = 0; t < 3; ++t) targets.data<float>()[t] = static_cast<float>(all[t]);
    const Tensor scores = log_softmax(model.teach(source, targets).logits).value();
    for (int t = 0; t < 3; ++t) {
      log_probability += scores.item(t * count + all[t]);
      if (all[t] == end) break;
      kept.push_back(all[t]);
    }
    if (log_probability <= best + 1e-9) continue;
    best = log_probability;
    likeliest = kept;
  }
  const auto found = model.beam(source, {.width = 64, .max_steps = 3})[0];
  EXPECT_EQ(found[0].symbols, likeliest);
  EXPECT_NEAR(found[0].log_probability, best, 1e-5);
  for (size_t i = 1; i < found.size(); ++i)
    EXPECT_GE(found[i - 1].log_probability, found[i].log_probability);
}

// Never told the truth, a model follows what it found itself: its greedy symbols.
TEST_P(EncoderDecoderKinds, ScheduledSamplingFollowsItself) {
  EncoderDecoder model = model_of(GetParam());
  const Tensor source = symbols({3, 4}, 5, 1), targets = symbols({3, 5}, 4, 2);
  model.set_teacher_forcing(0);
  EncodedSource encoded = model.encode(source);
  Tensor last({3});  // the start symbol is 0
  const DecodedTargets taught = model.teach(source, targets);
  for (int t = 0; t < 5; ++t) {
    const Tensor logits = model.step(last, encoded.state, encoded.memory).logits.value();
    EXPECT_EQ(bits(logits), bits(select(taught.logits, 1, t).value())) << t;
    for (int row = 0; row < 3; ++row) {
      int best = 0;
      for (int k = 1; k < 4; ++k)
        if (logits.item(row * 4 + k) > logits.item(row * 4 + best)) best = k;
      last.data<float>()[row] = static_cast<float>(best);
    }
  }
  model.eval();
  const Tensor told = model.teach(source, targets).logits.value();
  model.set_teacher_forcing(1);
  EXPECT_EQ(bits(model.teach(source, targets).logits.value()), bits(told))
      << "in evaluation every step is told the truth";
}

TEST_P(EncoderDecoderKinds, SameBitsForAnyThreadsAndFromAState) {
  const Tensor x = symbols({7, 9}, 4, 8);
  std::vector<float> first;
  for (int threads : {1, 2, 3, 5}) {
    set_num_threads(threads);
    EncoderDecoder model = model_of(GetParam()), other = model_of(GetParam(), 99);
    other.load_state(model.state());
    for (EncoderDecoder* each : {&model, &other}) {
      const Variable y = each->forward(x);
      y.backward(Tensor::full(y.shape(), 0.5));
      std::vector<float> seen = bits(y.value());
      for (const auto& [name, gradient] : each->gradients())
        seen.insert(seen.end(), gradient.values<float>().begin(), gradient.values<float>().end());
      if (first.empty()) first = seen;
      EXPECT_TRUE(seen == first) << threads;
    }
  }
  set_num_threads(0);
}

INSTANTIATE_TEST_SUITE_P(All, EncoderDecoderKinds, testing::ValuesIn(kinds),
                         [](const auto& row) { return std::string(row.param.name); });

// Half of the symbols told: the coins depend on the key, and on nothing else.
TEST(EncoderDecoder, CoinsFollowTheKey) {
  EncoderDecoder model = model_of(kinds[3]);
  model.set_teacher_forcing(0.5);
  const Tensor source = symbols({6, 4}, 5, 1), targets = symbols({6, 8}, 4, 2);
  const auto taught = [&](uint64_t update) {
    MaskKey key{5, update, 0};
    model.set_mask_key(key);
    return bits(model.teach(source, targets).logits.value());
  };
  const std::vector<float> first = taught(1);
  EXPECT_NE(taught(2), first);
  EXPECT_EQ(taught(1), first);
}

TEST(EncoderDecoder, PaddingSymbolsEndASource) {
  EncoderDecoderOptions options = kinds[4].options;
  options.padding_symbol = 4;
  Generator generator(3);
  EncoderDecoder model(options, generator);
  const std::vector<float> packed = {1, 2, 4, 4, /**/ 3, 0};
  const std::vector<float> source = {1, 2}, targets = {3, 0};
  const Tensor y = model.forward(Tensor::from(std::span<const float>(packed), {1, 6})).value();
  const Tensor wanted = model
                            .teach(Tensor::from(std::span<const float>(source), {1, 2}),
                                   Tensor::from(std::span<const float>(targets), {1, 2}))
                            .logits.value();
  for (int64_t i = 0; i < y.numel(); ++i) EXPECT_NEAR(y.item(i), wanted.item(i), 1e-6);
}

TEST(EncoderDecoder, SchedulesOfSampling) {
  EXPECT_EQ(scheduled_sampling("linear", 100, 25), 0.75);
  EXPECT_EQ(scheduled_sampling("linear", 100, 250), 0);
  EXPECT_NEAR(scheduled_sampling("exponential", 0.9, 2), 0.81, 1e-12);
  EXPECT_NEAR(scheduled_sampling("inverse_sigmoid", 10, 20), 10 / (10 + std::exp(2.0)), 1e-12);
  EXPECT_EQ(failure([] { scheduled_sampling("linar", 1, 0); }), "config.choice scheduled_sampling");
}

// A penalty on length must be able to turn the order of a short and a long hypothesis.
TEST(EncoderDecoder, TheLengthPenaltyRanks) {
  EncoderDecoder model = model_of(kinds[0]);
  const Tensor source = symbols({1, 4}, 5, 6);
  const auto plain = model.beam(source, {.width = 64, .max_steps = 4})[0];
  const auto longer = model.beam(source, {.width = 64, .max_steps = 4, .length_penalty = 5})[0];
  EXPECT_GT(longer[0].symbols.size(), plain[0].symbols.size());
}

TEST(EncoderDecoder, RefusesWhatDoesNotFit) {
  Generator generator(3);
  EXPECT_EQ(failure([&] { EncoderDecoder({.hidden_size = 0}, generator); }),
            "layer.size encoder_decoder");
  EXPECT_EQ(failure([&] { EncoderDecoder({.target_symbols = 3, .end_symbol = 3}, generator); }),
            "layer.size encoder_decoder");
  EXPECT_EQ(failure([&] { EncoderDecoder({.attention = "aditive"}, generator); }),
            "config.choice encoder_decoder.attention");
  EncoderDecoder model({.source_steps = 3}, generator);
  EXPECT_EQ(failure([&] { model.forward(Tensor({2, 3})); }), "layer.shape encoder_decoder");
  EXPECT_EQ(failure([&] { model.encode(Tensor({3})); }), "layer.shape encoder_decoder");
  EXPECT_EQ(failure([&] { model.set_teacher_forcing(1.5); }),
            "layer.teacher_forcing teacher_forcing");
  EXPECT_EQ(failure([&] { model.beam(Tensor({1, 3}), {.width = 0}); }),
            "layer.size encoder_decoder");
}

}  // namespace
}  // namespace sluice
