// Learns cos t from sin t with an LSTM, saves the weights, loads them elsewhere and draws the test.
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/io/atomic_file.h"
#include "sluice/io/safetensors.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/recurrent.h"
#include "sluice/report/chart.h"
#include "sluice/train/loss.h"
#include "sluice/train/optimizer.h"

using namespace sluice;

namespace {

constexpr int points = 200, train_points = 100, rows = 5, max_epochs = 10000;
constexpr double step = 12 * std::numbers::pi / (points - 1);  // t = linspace(0, 12π, 200)

class SineToCosine : public Composite {
 public:
  explicit SineToCosine(Generator& generator)
      : lstm_({.cell = "lstm", .input_size = 1, .hidden_size = 16}, generator),
        linear_({.input_size = 16, .output_size = 1}, generator) {
    add("lstm", lstm_);
    add("linear", linear_);
  }
  Variable forward(const Variable& x, const Padding& padding = {}) override {
    return linear_.forward(lstm_.forward(x, padding));
  }

 private:
  Recurrent lstm_;
  Linear linear_;
};

// wave(t) for the points [begin, begin + 100) as reshape(-1, 5, 1) makes it: 20 steps of 5 rows,
// time running across the rows first.
Tensor part(double (*wave)(double), int begin) {
  Tensor result({train_points / rows, rows, 1});
  for (int i = 0; i < train_points; ++i)
    result.data<float>()[i] = static_cast<float>(wave(step * (begin + i)));
  return result;
}

double sine(double t) { return std::sin(t); }
double cosine(double t) { return std::cos(t); }

struct Floors {
  double zero, least_squares, two_taps;
};

// What needs no network. Each row sees every fifth point, so sin t and sin(t - 5Δ) give cos t
// exactly, but for the first step of a row, which has no step before it.
Floors floors(const Tensor& x, const Tensor& y) {
  double xx = 0, xy = 0, yy = 0, taps = 0;
  for (int i = 0; i < train_points; ++i) {
    const double sin_t = x.item(i), cos_t = y.item(i);
    const double exact =
        i < rows ? 0 : (sin_t * std::cos(rows * step) - x.item(i - rows)) / std::sin(rows * step);
    xx += sin_t * sin_t, xy += sin_t * cos_t, yy += cos_t * cos_t;
    taps += (cos_t - exact) * (cos_t - exact);
  }
  return {yy / train_points, (yy - xy * xy / xx) / train_points, taps / train_points};
}

// Full-batch training until the loss is below 1e-4; the epochs it took, or 0.
int train(SineToCosine& model, const Tensor& x, const Tensor& y) {
  auto adam = make_optimizer("adam", Options(), model.parameters());
  for (int epoch = 1; epoch <= max_epochs; ++epoch) {
    adam->zero_grad();
    const Variable loss = mse_loss(model.forward(x), y);
    const double value = loss.value().item();
    if (value < 1e-4) {
      std::printf("epoch %5d  loss %.6f: below 1e-4, done\n", epoch, value);
      return epoch;
    }
    if (epoch % 100 == 0) std::printf("epoch %5d  loss %.6f\n", epoch, value);
    loss.backward();
    adam->step(1e-2);
  }
  return 0;
}

std::vector<double> numbers(const Tensor& tensor) {
  return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

// sin t, cos t and what the network says of both parts, with the end of training marked.
void draw(const Tensor (&predicted)[2], const std::string& folder) {
  std::vector<double> t, x, y;
  for (int i = 0; i < points; ++i) {
    t.push_back(step * i);
    x.push_back(sine(t.back()));
    y.push_back(cosine(t.back()));
  }
  const std::vector<double> train_t(t.begin(), t.begin() + train_points);
  const std::vector<double> test_t(t.begin() + train_points, t.end());
  Chart chart;
  chart.title = "cos t from sin t";
  chart.x_label = "t";
  chart.lines = {
      {.name = "sin t, the input", .y = x, .x = t, .role = LineRole::baseline},
      {.name = "cos t", .y = y, .x = t, .role = LineRole::actual},
      {.name = "LSTM, trained on",
       .y = numbers(predicted[0]),
       .x = train_t,
       .style = LineStyle::dashed},
      {.name = "LSTM, test", .y = numbers(predicted[1]), .x = test_t, .style = LineStyle::dashed}};
  chart.marks = {{.x = step * (train_points - 0.5), .label = "test from here"}};
  for (const char* ending : {".png", ".svg"}) {
    const std::string path = folder + "/sine_to_cosine" + ending;
    write_chart(chart, path);
    std::printf("figure    %s\n", path.c_str());
  }
}

int run(const std::string& folder) {
  const Tensor x[2] = {part(sine, 0), part(sine, train_points)};
  const Tensor y[2] = {part(cosine, 0), part(cosine, train_points)};
  Generator generator(1);
  SineToCosine model(generator);
  std::printf("LSTM(1, 16) + Linear(16, 1): %lld parameters, x %s\n",
              static_cast<long long>(model.parameter_count()), x[0].shape().to_string().c_str());
  if (train(model, x[0], y[0]) == 0) {
    std::fprintf(stderr, "the loss is still above 1e-4 after %d epochs\n", max_epochs);
    return 1;
  }

  make_folder(folder);
  const std::string weights = folder + "/sine_to_cosine.safetensors";
  write_safetensors(weights, model.state(), {{"job", "cos t from sin t"}});
  Generator other(2);
  SineToCosine loaded(other);
  loaded.load_state(read_safetensors(weights).tensors);
  loaded.eval();
  std::printf("weights   %s\n", weights.c_str());

  const NoGrad no_grad;
  const Tensor predicted[2] = {loaded.forward(x[0]).value(), loaded.forward(x[1]).value()};
  std::printf("\nMSE     LSTM      always 0  least squares on sin t  two taps, exact\n");
  for (int i : {0, 1}) {
    const Floors floor = floors(x[i], y[i]);
    std::printf("%-6s  %.6f  %.4f    %.4f                  %.4f\n", i == 0 ? "train" : "test",
                mse_loss(predicted[i], y[i]).value().item(), floor.zero, floor.least_squares,
                floor.two_taps);
  }
  draw(predicted, folder);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const bool out = count == 3 && std::string(arguments[1]) == "--out";
  if (count != 1 && !out) {
    std::fprintf(stderr, "usage: example_sine_to_cosine [--out FOLDER]\n");
    return 3;
  }
  try {
    return run(out ? arguments[2] : "sine_to_cosine");
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code);
  }
}
