// A model of characters on Tiny Shakespeare (Karpathy 2015): trained by truncated backpropagation
// through time whose state goes on from piece to piece, scored in bits, and made to write.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "experiments/characters.h"
#include "experiments/training.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/softmax.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/dropout.h"
#include "sluice/layers/embedding.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/train/clip.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"
#include "sluice/train/schedule.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

constexpr int hidden_size = 256, embedding_dim = 64, epochs = 10;
constexpr int64_t streams = 32, window = 64, page = 1500;
constexpr double dropout = 0.3, learning_rate = 0.004, temperature = 0.8;

// Embedding, LSTM, dropout, linear: logits of the next character.
class CharacterModel : public Composite {
 public:
  CharacterModel(int symbols, uint64_t seed, Generator& generator)
      : embedding_({.num_embeddings = symbols, .embedding_dim = embedding_dim}, generator),
        lstm_({.cell = "lstm",
               .input_size = embedding_dim,
               .hidden_size = hidden_size,
               .batch_first = true,
               .biases = 1,
               .initialization = "keras"},
              generator),
        dropout_(dropout, seed),
        head_({.input_size = hidden_size, .output_size = symbols}, generator) {
    add("embedding", embedding_);
    add("lstm", lstm_);
    add("dropout", dropout_);
    add("head", head_);
  }

  /// x [B,T] to [B,T,symbols]; the state moves on, cut off from how it was made.
  Variable read(const Tensor& x, RecurrentState& state) {
    const RecurrentResult result = lstm_.run(embedding_(x), state);
    state = result.state.detach();
    return head_(dropout_(result.output));
  }
  Variable forward(const Variable& x, const Padding&) override {
    RecurrentState start;
    return read(x.value(), start);
  }

 private:
  Embedding embedding_;
  Recurrent lstm_;
  Dropout dropout_;
  Linear head_;
};

// The characters [begin, begin + steps) of each of `rows` equal parts of the text, and those after.
Dataset pieces(const std::vector<uint8_t>& text, int64_t rows, int64_t begin, int64_t steps) {
  const int64_t length = (static_cast<int64_t>(text.size()) - 1) / rows;
  Dataset data{Tensor({rows, steps}), Tensor({rows, steps}), {}};
  for (int64_t i = 0; i < rows * steps; ++i) {
    const auto place = static_cast<size_t>(i / steps * length + begin + i % steps);
    data.x.data<float>()[i] = text[place];
    data.y.data<float>()[i] = text[place + 1];
  }
  return data;
}

// All windows of the text in order, the state going on. `body` gets logits and targets.
template <class Body>
void read_through(CharacterModel& model, const std::vector<uint8_t>& text, int64_t rows,
                  Body&& body) {
  const int64_t length = (static_cast<int64_t>(text.size()) - 1) / rows;
  RecurrentState state;
  for (int64_t begin = 0; begin < length; begin += window) {
    const Dataset piece = pieces(text, rows, begin, std::min(window, length - begin));
    if (!body(model.read(piece.x, state), piece.y)) return;
  }
}

Losses train_model(CharacterModel& model, const Text& text, int updates) {
  const auto loss = make_loss("cross_entropy");
  const auto optimizer = make_optimizer("adam", Options(), model.parameters());
  const int64_t length = (static_cast<int64_t>(text.train.size()) - 1) / streams;
  const int64_t batches = (length + window - 1) / window;
  const int passes = updates ? static_cast<int>((updates + batches - 1) / batches) : epochs;
  const auto schedule = make_schedule("one_cycle", learning_rate, passes, Options());
  std::vector<double> losses;
  for (int epoch = 0; epoch < passes; ++epoch) {
    int64_t batch = 0;
    read_through(model, text.train, streams, [&](const Variable& logits, const Tensor& truth) {
      optimizer->zero_grad();
      const Variable cost = (*loss)(logits, truth);
      cost.backward();
      clip_norm(optimizer->parameters(), 1);
      optimizer->step(schedule->rate({epoch, batch++, batches}));
      losses.push_back(cost.value().item());
      return updates == 0 || std::ssize(losses) < updates;
    });
  }
  return first_and_last(std::move(losses));
}

// The test as one stream, from a state of zeros.
double bits_of(CharacterModel& model, const std::vector<uint8_t>& test) {
  const NoGrad no_grad;
  model.eval();
  const auto loss = make_loss("cross_entropy");
  double nats = 0;
  read_through(model, test, 1, [&](const Variable& logits, const Tensor& truth) {
    nats += (*loss)(logits, truth).value().item() * static_cast<double>(truth.numel());
    return true;
  });
  return nats / static_cast<double>(test.size() - 1) / std::log(2.0);
}

// Characters drawn one after the other from softmax(logits / temperature), after a line's end.
std::string write_page(CharacterModel& model, const Text& text, Generator& generator) {
  const NoGrad no_grad;
  model.eval();
  RecurrentState state;
  const size_t end = text.symbols.find('\n');
  Tensor symbol = Tensor::full({1, 1}, end == std::string::npos ? 0 : static_cast<double>(end));
  std::string written;
  for (int64_t i = 0; i < page; ++i) {
    const Tensor share = softmax(model.read(symbol, state) * (1 / temperature)).value();
    std::vector<double> draw(1);
    generator.uniform(draw);
    int64_t chosen = 0;
    double passed = share.item(0);
    while (passed < draw[0] && chosen + 1 < share.numel()) passed += share.item(++chosen);
    symbol.fill(static_cast<double>(chosen));
    written += text.symbols[static_cast<size_t>(chosen)];
  }
  return written;
}

bool run(const CommandLine& command_line) {
  const Text text = read_text(command_line.data);
  std::string written;
  const auto row = [&](uint64_t seed) {
    Generator generator(seed);
    CharacterModel model(static_cast<int>(text.symbols.size()), seed, generator);
    const Losses losses = train_model(model, text, command_line.updates);
    const double bits = bits_of(model, text.test);
    if (seed == 0) written = write_page(model, text, generator);
    return Run{{bits}, model.parameter_count(), losses.first, losses.last};
  };
  const bool learnt = print_table({.title = "Tiny Shakespeare, character by character",
                                   .columns = {{"test, bits a character", 3}},
                                   .rows = {{"lstm", "2.120, 2.712", row}},
                                   .floors = text_floors(text)},
                                  command_line);
  std::printf("\nWritten by seed 0 at temperature %g:\n\n%s\n", temperature, written.c_str());
  return learnt;
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
