// return_sequences and return_state, stateful and stateless, an encoder's state for a decoder: the
// calls of Keras with the same weights, and the numbers that Keras gives.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "examples/support/job.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/layers/recurrent.h"

using namespace sluice;
using Numbers = std::vector<double>;

namespace {

// What keras_return_sequences.py printed into keras.json.
const Numbers every_h = {0.037639, 0.071178, 0.076261, 0.135832,
                         0.11639,  0.197922, 0.15815,  0.259102};
const Numbers last_h = {0.15815, 0.259102}, last_c = {0.243776, 0.391373};
const Numbers first_half = {0.076261, 0.135832}, second_from_zeros = {0.12478, 0.201705};
const Numbers decoder_told = {0.182161, 0.297562}, decoder_from_zeros = {0.117171, 0.191552};

// LSTM(2) of one input as Keras has it, one bias a gate, with weights that follow a rule.
Recurrent make_lstm(Outputs outputs) {
  RecurrentOptions options{.cell = "lstm", .input_size = 1, .hidden_size = 2, .batch_first = true};
  options.outputs = outputs;
  options.biases = 1;
  Generator generator(1);
  Recurrent lstm(options, generator);
  NamedTensors weights = lstm.state();
  for (auto& [name, tensor] : weights)
    for (int gate = 0; gate < 8; ++gate)
      if (name == "weight_ih_l0")
        tensor.data<float>()[gate] = 0.1f * static_cast<float>(gate + 1);
      else if (name == "bias_ih_l0")
        tensor.data<float>()[gate] = 0.1f * static_cast<float>(gate) - 0.3f;
      else
        for (int unit = 0; unit < 2; ++unit)
          tensor.data<float>()[2 * gate + unit] =
              0.05f * static_cast<float>(gate + 1) - 0.1f * static_cast<float>(unit);
  lstm.load_state(weights);
  return lstm;
}

Tensor row(const std::vector<float>& values) {
  Tensor x({1, static_cast<int64_t>(values.size()), 1});
  std::copy(values.begin(), values.end(), x.data<float>());
  return x;
}

// Prints a value beside its name and remembers how far the furthest is from Keras.
class Comparison {
 public:
  void line(const std::string& name, const Variable& ours, const Numbers& keras) {
    std::printf("%-34s %-8s", name.c_str(), ours.shape().to_string().c_str());
    for (int64_t i = 0; i < ours.value().numel(); ++i) {
      const double value = ours.value().item(i);
      std::printf(" %.6f", value);
      largest_ = std::max(largest_, std::abs(value - keras[static_cast<size_t>(i)]));
    }
    std::printf("\n");
  }
  double largest() const { return largest_; }

 private:
  double largest_ = 0;
};

void run(const job::Arguments& arguments) {
  const double start = job::now();
  const NoGrad no_grad;
  Recurrent all = make_lstm(Outputs::all), last = make_lstm(Outputs::last);
  const Tensor x = row({0.1f, 0.2f, 0.3f, 0.4f});
  Comparison keras;

  std::printf("return_sequences  return_state\n");
  keras.line("no                no   h of the last", last.forward(x), last_h);
  keras.line("yes               no   h of every", all.forward(x), every_h);
  const RecurrentResult one = last.run(x), steps = all.run(x);
  keras.line("no                yes  the output", one.output, last_h);
  keras.line("                       h", one.state.h(), last_h);
  keras.line("                       c", one.state.c(), last_c);
  keras.line("yes               yes  the outputs", steps.output, every_h);
  keras.line("                       h", steps.state.h(), last_h);
  keras.line("                       c", steps.state.c(), last_c);

  std::printf("\nthe same row in two halves\n");
  const Variable first = slice(x, 1, 0, 2), second = slice(x, 1, 2, 4);
  const RecurrentResult half = last.run(first);
  keras.line("first half", half.output, first_half);
  keras.line("second half, stateful", last.run(second, half.state).output, last_h);
  keras.line("second half, stateless", last.run(second).output, second_from_zeros);

  std::printf("\na decoder that reads 0.4, 0.3\n");
  const Tensor told = row({0.4f, 0.3f});
  keras.line("from the encoder's h and c", last.run(told, one.state).output, decoder_told);
  keras.line("from zeros", last.run(told).output, decoder_from_zeros);

  std::printf("\nlargest difference from Keras %.7f\n", keras.largest());
  job::write_results(arguments, {{.metric = "largest difference from Keras",
                                  .scores = {{keras.largest()}, job::now() - start}}});
  if (keras.largest() > 1e-6)
    throw Error(ExitCode::internal, "example.keras", "return_sequences",
                "Keras gives other numbers");
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of({"return_sequences", "", run}, count, arguments);
}
