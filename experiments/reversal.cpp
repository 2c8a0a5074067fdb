// Twelve letters in, the same letters backwards out: with attention, and through one vector.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "experiments/experiment.h"
#include "sluice/autograd/arrange.h"
#include "sluice/layers/encoder_decoder.h"
#include "sluice/report/heat_map.h"
#include "sluice/train/trainer.h"

using namespace sluice;
using namespace sluice::experiment;

namespace {

constexpr int letters = 26, steps = 12, start_symbol = 26;
constexpr int64_t batch_size = 64, train_rows = 12800, test_rows = 1000;
const std::string shown = "turnmearound";

// x [N,12+12]: letters as numbers and the same backwards; y [N,12] the latter.
Dataset draw(int64_t rows, Generator& generator) {
  Dataset data{Tensor({rows, 2 * steps}), Tensor({rows, steps}), {}};
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t step = 0; step < steps; ++step) {
      const auto letter = static_cast<float>(generator.below(letters));
      data.x.data<float>()[row * 2 * steps + step] = letter;
      data.x.data<float>()[row * 2 * steps + 2 * steps - 1 - step] = letter;
      data.y.data<float>()[row * steps + steps - 1 - step] = letter;
    }
  return data;
}

// Where the decoder looks at every letter it writes: FILE.svg becomes FILE-additive.svg.
void draw_picture(EncoderDecoder& model, const std::string& path) {
  const std::string& attention = model.options().attention;
  const std::filesystem::path file(path);
  Tensor source({1, steps});
  HeatMap map{.title = "Where each letter comes from: " + attention + " attention",
              .x_label = "letters read",
              .y_label = "letters written, from above"};
  for (size_t i = 0; i < shown.size(); ++i) {
    source.data<float>()[i] = static_cast<float>(shown[i] - 'a');
    map.columns.push_back(std::string(1, shown[i]));
  }
  const Hypothesis written = model.greedy(source, steps)[0];
  for (const int symbol : written.symbols) {
    // The start symbol is no letter, and a model may still write it.
    map.rows.push_back(symbol < letters ? std::string(1, static_cast<char>('a' + symbol)) : "?");
  }
  for (const auto& weights : written.weights)
    map.values.emplace_back(weights.begin(), weights.end());
  write_heat_map(map, (file.parent_path() / (file.stem().string() + "-" + attention)).string() +
                          file.extension().string());
}

Run run_model(const EncoderDecoderOptions& options, const CommandLine& command_line,
              uint64_t seed) {
  Generator generator(seed);
  const Dataset train =
      draw(command_line.updates ? command_line.updates * batch_size : train_rows, generator);
  const Dataset test = draw(test_rows, generator);
  EncoderDecoder model(options, generator);
  TrainOptions training;
  training.epochs = command_line.updates ? 2 : 6;
  training.batch_size = batch_size;
  training.seed = seed;
  training.loss = "cross_entropy";
  training.learning_rate = 0.01;
  training.schedule = "one_cycle";
  training.clip_norm = 1;
  const History history = fit(model, train, nullptr, training);
  const std::vector<Hypothesis> written = model.greedy(slice(test.x, 1, 0, steps).value(), steps);
  double right_letters = 0, right_words = 0;
  for (int64_t row = 0; row < test_rows; ++row) {
    int right = 0;
    for (int64_t step = 0; step < steps; ++step)
      right += written[static_cast<size_t>(row)].symbols[static_cast<size_t>(step)] ==
               static_cast<int>(test.y.item(row * steps + step));
    right_letters += right;
    right_words += right == steps;
  }
  if (seed == 0 && options.attention != "none" && !command_line.picture.empty())
    draw_picture(model, command_line.picture);
  return {{right_letters * 100 / (test_rows * steps), right_words * 100 / test_rows},
          model.parameter_count(),
          history.loss.front(),
          history.loss.back()};
}

bool run(const CommandLine& command_line) {
  const auto row = [&](const std::string& name, const std::string& attention) {
    const EncoderDecoderOptions options{.source_symbols = letters,
                                        .target_symbols = letters + 1,
                                        .embedding_dim = 32,
                                        .cell = "gru",
                                        .hidden_size = 64,
                                        .encoder_direction = DirectionOf::both,
                                        .attention = attention,
                                        .start_symbol = start_symbol,
                                        .source_steps = steps};
    return Row{name, "", [=, &command_line](uint64_t seed) {
                 return run_model(options, command_line, seed);
               }};
  };
  return print_table({.title = "Twelve letters backwards",
                      .columns = {{"letters, %", 2}, {"whole words, %", 2}},
                      .rows = {row("no attention", "none"), row("additive", "additive"),
                               row("general", "general")},
                      .floors = {{"chance", {100.0 / letters, NAN}}}},
                     command_line);
}

}  // namespace

int main(int count, char** words) { return run_program(count, words, run); }
