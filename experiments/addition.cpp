// Addition of three-digit numbers as text (Zaremba and Sutskever 2014, in the form of Keras'
// addition_rnn): "535+61 " is read backwards, and "596 " is written.
#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "experiments/experiment.h"
#include "sluice/autograd/arrange.h"
#include "sluice/layers/encoder_decoder.h"
#include "sluice/layers/sequential.h"
#include "sluice/layers/wrappers.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

const std::string alphabet = " +0123456789";
constexpr int digits = 3, source_steps = 2 * digits + 1, target_steps = digits + 1;
constexpr int symbols = 12;
constexpr int start_symbol = 12, batch_size = 128;
constexpr int64_t examples = 50000, chunk = 500;

struct Sums {
  Dataset train, test;  ///< x [N,7+4]: the question backwards, then the answer; y [N,4] the answer
};

int drawn_number(Generator& generator) {
  int value = 0;
  for (uint64_t left = 1 + generator.below(digits); left > 0; --left)
    value = 10 * value + static_cast<int>(generator.below(10));
  return value;
}

void write_symbols(std::string text, int width, float* out) {
  text.resize(static_cast<size_t>(width), ' ');
  for (int i = 0; i < width; ++i)
    out[i] = static_cast<float>(alphabet.find(text[static_cast<size_t>(i)]));
}

// Questions in random order, none twice, in either order of its numbers; the last tenth is the
// test. A number has one to three digits, each as likely.
Sums draw_sums(int64_t count, Generator& generator) {
  const int64_t held_out = count / 10, width = source_steps + target_steps;
  const auto empty = [&](int64_t rows) {
    return Dataset{Tensor({rows, width}), Tensor({rows, target_steps}), {}};
  };
  Sums sums{empty(count - held_out), empty(held_out)};
  std::set<std::pair<int, int>> asked;
  for (int64_t row = 0; row < count;) {
    const int a = drawn_number(generator), b = drawn_number(generator);
    if (!asked.insert(std::minmax(a, b)).second) continue;
    const bool test = row >= count - held_out;
    Dataset& part = test ? sums.test : sums.train;
    const int64_t place = test ? row - (count - held_out) : row;
    float* const x = part.x.data<float>() + place * width;
    float* const y = part.y.data<float>() + place * target_steps;
    write_symbols(std::to_string(a) + "+" + std::to_string(b), source_steps, x);
    std::reverse(x, x + source_steps);
    write_symbols(std::to_string(a + b), target_steps, y);
    std::copy_n(y, target_steps, x + source_steps);
    ++row;
  }
  return sums;
}

struct Right {
  double characters = 0, answers = 0;  ///< in percent
};

// `answer(row, step)` is the symbol written there.
template <class Answer>
Right right_of(const Dataset& data, Answer&& answer) {
  int64_t characters = 0, answers = 0;
  for (int64_t row = 0; row < data.size(); ++row) {
    int right = 0;
    for (int64_t step = 0; step < target_steps; ++step)
      right += answer(row, step) == static_cast<int>(data.y.item(row * target_steps + step));
    characters += right;
    answers += right == target_steps;
  }
  const double share = 100.0 / static_cast<double>(data.size());
  return {static_cast<double>(characters) * share / target_steps,
          static_cast<double>(answers) * share};
}

int64_t examples_of(const CommandLine& command_line) {
  return command_line.updates ? command_line.updates * int64_t{batch_size} : examples;
}

// Every symbol is the model's own likeliest, and goes into its next step.
Right score(EncoderDecoder& model, const Dataset& data) {
  std::vector<Hypothesis> written;
  for (int64_t begin = 0; begin < data.size(); begin += chunk) {
    const Tensor rows = slice(data.x, 0, begin, std::min(begin + chunk, data.size())).value();
    for (Hypothesis& one : model.greedy(slice(rows, 1, 0, source_steps).value(), target_steps))
      written.push_back(std::move(one));
  }
  return right_of(data, [&](int64_t row, int64_t step) {
    return written[static_cast<size_t>(row)].symbols[static_cast<size_t>(step)];
  });
}

// What both models share: Adam, whose learning rate goes up and down once.
History train(Module& model, const Dataset& data, const CommandLine& command_line, uint64_t seed) {
  TrainOptions options;
  options.epochs = command_line.updates ? 2 : 12;
  options.batch_size = batch_size;
  options.seed = seed;
  options.loss = "cross_entropy";
  options.learning_rate = 0.006;
  options.schedule = "one_cycle";
  options.clip_norm = 1;
  return fit(model, data, nullptr, options);
}

Run run_of(const Module& model, const History& history, const Right& right) {
  return {{right.characters, right.answers},
          model.parameter_count(),
          history.loss.front(),
          history.loss.back()};
}

Run run_encoder_decoder(const std::string& attention, const CommandLine& command_line,
                        uint64_t seed) {
  Generator generator(seed);
  const Sums sums = draw_sums(examples_of(command_line), generator);
  EncoderDecoder model({.source_symbols = 12,
                        .target_symbols = 13,
                        .embedding_dim = 16,
                        .hidden_size = 128,
                        .attention = attention,
                        .start_symbol = start_symbol,
                        .source_steps = source_steps},
                       generator);
  const History history = train(model, sums.train, command_line, seed);
  return run_of(model, history, score(model, sums.test));
}

// The question's symbols as vectors of twelve with a single 1.
Tensor one_hot(const Tensor& x) {
  Tensor hot({x.size(0), source_steps, symbols});
  for (int64_t row = 0; row < x.size(0); ++row)
    for (int64_t step = 0; step < source_steps; ++step)
      hot.data<float>()[(row * source_steps + step) * symbols +
                        static_cast<int64_t>(x.item(row * x.size(1) + step))] = 1;
  return hot;
}

// Keras' own model: the decoder gets the encoder's last output at every step, and is never told
// what it has written.
Run run_repeat_vector(const CommandLine& command_line, uint64_t seed) {
  Generator generator(seed);
  const Sums sums = draw_sums(examples_of(command_line), generator);
  const auto recurrent = [&](int input_size, Outputs outputs) {
    return std::make_unique<Recurrent>(RecurrentOptions{.cell = "lstm",
                                                        .input_size = input_size,
                                                        .hidden_size = 128,
                                                        .batch_first = true,
                                                        .outputs = outputs,
                                                        .biases = 1,
                                                        .initialization = "keras"},
                                       generator);
  };
  Sequential model(recurrent(symbols, Outputs::last), std::make_unique<RepeatVector>(target_steps),
                   recurrent(128, Outputs::all),
                   std::make_unique<Linear>(
                       LinearOptions{.input_size = 128, .output_size = symbols}, generator));
  const History history =
      train(model, {one_hot(sums.train.x), sums.train.y, {}}, command_line, seed);
  const Tensor logits = predict(model, one_hot(sums.test.x));
  return run_of(model, history, right_of(sums.test, [&](int64_t row, int64_t step) {
                  const float* const of =
                      logits.data<float>() + (row * target_steps + step) * symbols;
                  return static_cast<int>(std::max_element(of, of + symbols) - of);
                }));
}

// The character that most answers have at a place.
Floor most_frequent() {
  Generator generator(0);
  const Sums sums = draw_sums(examples, generator);
  std::array<std::array<int64_t, start_symbol>, target_steps> counts{};
  for (int64_t i = 0; i < sums.train.y.numel(); ++i)
    ++counts[static_cast<size_t>(i % target_steps)][static_cast<size_t>(sums.train.y.item(i))];
  const Right right = right_of(sums.test, [&](int64_t, int64_t step) {
    const auto& of_step = counts[static_cast<size_t>(step)];
    return static_cast<int>(std::max_element(of_step.begin(), of_step.end()) - of_step.begin());
  });
  return {"each place's most frequent", {right.characters, right.answers}};
}

bool run(const CommandLine& command_line) {
  const auto encoder_decoder = [&](const char* attention) {
    return [&command_line, attention](uint64_t seed) {
      return run_encoder_decoder(attention, command_line, seed);
    };
  };
  return print_table(
      {.title = "Addition of three digits, 50000 examples",
       .columns = {{"characters, %", 2}, {"whole answers, %", 2}},
       .rows = {{"repeat vector", "99",
                 [&](uint64_t seed) { return run_repeat_vector(command_line, seed); }},
                {"encoder-decoder", "", encoder_decoder("none")},
                {"with attention", "", encoder_decoder("general")}},
       .floors = {most_frequent()}},
      command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
