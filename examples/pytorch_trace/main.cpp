// PyTorch's nn.LSTM(3, 3) with seed 1, step by step: the same thirty numbers, without PyTorch.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "examples/support/job.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"
#include "sluice/layers/recurrent.h"

using namespace sluice;

namespace {

// What the notebook printed: h, which is also the output, and c after each of the five steps.
constexpr const char* published[5][6] = {
    {"-0.2682", "0.0304", "-0.1526", "-1.0766", "0.0972", "-0.5498"},
    {"-0.5370", "0.0346", "-0.1958", "-1.1552", "0.1214", "-0.2974"},
    {"-0.3947", "0.0391", "-0.1217", "-1.0727", "0.1104", "-0.2179"},
    {"-0.1854", "0.0740", "-0.0979", "-1.0530", "0.1836", "-0.1731"},
    {"-0.3600", "0.0893", "0.0215", "-1.1298", "0.4467", "0.0254"},
};

// torch.randn(shape)
Tensor randn(const Shape& shape, Generator& generator) {
  Tensor result(shape);
  generator.normal(result.values<float>());
  return result;
}

std::string four_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}

// One row of the table: what we computed beside what was published. Returns how many differ.
int print_step(int step, const char* name, const Variable& ours, const char* const* theirs) {
  int different = 0;
  std::printf("step %d  %s ", step + 1, name);
  for (int unit = 0; unit < 3; ++unit) {
    const std::string text = four_digits(ours.value().item(unit));
    different += text != theirs[unit];
    std::printf(" %7s%c", text.c_str(), text == theirs[unit] ? ' ' : '!');
  }
  std::printf("  published  %7s %7s %7s\n", theirs[0], theirs[1], theirs[2]);
  return different;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.numel() == b.numel() && std::memcmp(a.data<float>(), b.data<float>(),
                                               static_cast<size_t>(a.numel()) * sizeof(float)) == 0;
}

void run(const job::Arguments& arguments) {
  const double begin = job::now();
  Generator generator(1);  // torch.manual_seed(1)
  const Recurrent lstm({.cell = "lstm", .input_size = 3, .hidden_size = 3}, generator);
  std::array<Variable, 5> inputs;
  for (Variable& x : inputs)
    x = reshape(randn({1, 3}, generator), {1, 1, 3});  // [step, row, feature]
  const Tensor h = randn({1, 1, 3}, generator), c = randn({1, 1, 3}, generator);
  const RecurrentState start{{h, c}};
  const NoGrad no_grad;

  // One step at a time: the state goes in and comes out.
  RecurrentState state = start;
  std::array<Variable, 5> outputs;
  int different = 0;
  for (int step = 0; step < 5; ++step) {
    RecurrentResult result = lstm.run(inputs[step], state);
    outputs[step] = result.output;
    state = result.state;
    different += print_step(step, "h", result.output, published[step]);
    different += print_step(step, "c", state.c(), published[step] + 3);
  }
  std::printf("%d of 30 numbers differ from the published ones\n", different);

  // All five steps at once, [5,1,3]; and with the batch in front, [1,5,3].
  const Variable stepwise = concat(outputs, 0), sequence = concat(inputs, 0);
  const RecurrentResult whole = lstm.run(sequence, start);
  Generator again(1);
  const Recurrent batch_first(
      {.cell = "lstm", .input_size = 3, .hidden_size = 3, .batch_first = true}, again);
  const RecurrentResult rows = batch_first.run(reshape(sequence, {1, 5, 3}), start);
  bool agree = true;
  for (const RecurrentResult* result : {&whole, &rows}) {
    const bool same = same_bits(result->output.value(), stepwise.value()) &&
                      same_bits(result->state.h().value(), state.h().value()) &&
                      same_bits(result->state.c().value(), state.c().value());
    std::printf("%s %s: %s\n", result == &whole ? "sequence first" : "batch first   ",
                result->output.shape().to_string().c_str(),
                same ? "the same bits as step by step" : "NOT what step by step gave");
    agree = agree && same;
  }
  job::write_results(arguments, {{.metric = "numbers of 30 that differ from PyTorch's",
                                  .scores = {{double(different)}, job::now() - begin}}});
  if (different > 0 || !agree)
    throw Error(ExitCode::internal, "example.trace", "pytorch_trace", "a number differs (above)");
}

}  // namespace

int main(int count, char** arguments) {
  return job::main_of({"pytorch_trace", "", run}, count, arguments);
}
