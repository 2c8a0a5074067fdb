#include "experiments/draw_model.h"

#include <algorithm>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/matmul.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"
#include "sluice/autograd/repeat.h"
#include "sluice/autograd/softmax.h"

namespace sluice::experiment {

namespace {

constexpr int grid_parameters = 5;

int read_numbers(const DrawOptions& o) {
  return o.attention ? o.read_size * o.read_size : o.rows * o.columns;
}

int written_numbers(const DrawOptions& o) {
  return o.attention ? o.write_size * o.write_size : o.rows * o.columns;
}

// first, first + 1, … as a constant.
Tensor counted(int count, double first, DType dtype) {
  Tensor numbers({count}, dtype);
  dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int i = 0; i < count; ++i) numbers.data<T>()[i] = static_cast<T>(first + i);
  });
  return numbers;
}

// h behind one step of a layer, and its state.
Variable one_step(const Recurrent& layer, const Variable& x, RecurrentState& state) {
  state = layer.run(reshape(x, {1, x.shape()[0], x.shape()[1]}), state).state;
  return select(state.h(), 0, 0);
}

}  // namespace

struct DrawModel::State {
  Variable canvas;  // [B,rows,columns]
  Variable h;       // of the decoder
  Grid read;        // where it reads next
  RecurrentState encoder, decoder;
};

DrawModel::DrawModel(const DrawOptions& o, Generator& generator)
    : options_(o),
      encoder_({.input_size = 2 * read_numbers(o) + o.hidden_size, .hidden_size = o.hidden_size},
               generator),
      decoder_({.input_size = o.latent_size, .hidden_size = o.hidden_size}, generator),
      guess_({.input_size = o.hidden_size, .output_size = 2 * o.latent_size}, generator),
      write_({.input_size = o.hidden_size, .output_size = written_numbers(o)}, generator),
      reading_({.input_size = o.hidden_size, .output_size = grid_parameters}, generator),
      writing_({.input_size = o.hidden_size, .output_size = grid_parameters}, generator) {
  add("encoder", encoder_);
  add("decoder", decoder_);
  add("guess", guess_);
  add("write", write_);
  if (!o.attention) return;
  add("reading", reading_);
  add("writing", writing_);
}

// softmax of −(a − μ)² / (2 σ²) over the places a = 1, 2, …: Gaussian filters that sum to 1.
Variable DrawModel::filters(const Variable& centre, const Variable& distance,
                            const Variable& variance, int size, int places) const {
  const Tensor offsets = counted(size, 0.5 - size / 2.0, centre.dtype());
  const Variable means = repeat(centre, 1, size) + repeat(distance, 1, size) * offsets;
  const Variable away = repeat(means, 2, places) - counted(places, 1, centre.dtype());
  const Variable spread = repeat(repeat(variance, 1, size), 2, places);
  return softmax(square(away) / (spread * -2));
}

DrawModel::Grid DrawModel::grid_of(const Variable& parameters, int size) const {
  const auto parameter = [&](int i) { return select(parameters, 1, i); };
  const int rows = options_.rows, columns = options_.columns;
  const Variable variance = exp(parameter(2));
  const Variable distance =
      exp(parameter(3)) * (static_cast<double>(std::max(rows, columns) - 1) / (size - 1));
  const Variable x = (parameter(0) + 1) * ((columns + 1) / 2.0);
  const Variable y = (parameter(1) + 1) * ((rows + 1) / 2.0);
  return {filters(y, distance, variance, size, rows), filters(x, distance, variance, size, columns),
          exp(parameter(4))};
}

// [B,N·N], or the pixels [B,rows·columns].
Variable DrawModel::read(const Variable& x, const State& state) {
  const int64_t batch = x.shape()[0];
  if (!options_.attention) return reshape(x, {batch, read_numbers(options_)});
  const Variable patch =
      matmul(matmul(state.read.over_rows, x), transpose(state.read.over_columns, 1, 2));
  return reshape(patch, {batch, read_numbers(options_)}) *
         repeat(state.read.strength, 1, read_numbers(options_));
}

// What is added to the canvas, [B,rows,columns].
Variable DrawModel::write(const Variable& h) {
  const int64_t batch = h.shape()[0], size = options_.write_size;
  const Variable written = write_(h);
  if (!options_.attention) return reshape(written, {batch, options_.rows, options_.columns});
  const Grid grid = grid_of(writing_(h), options_.write_size);
  const Variable weak = written / repeat(grid.strength, 1, written_numbers(options_));
  const Variable wide = matmul(reshape(weak, {batch, size, size}), grid.over_columns);
  return matmul(transpose(grid.over_rows, 1, 2), wide);
}

DrawModel::State DrawModel::blank(int64_t batch, DType dtype) const {
  return {Tensor({batch, options_.rows, options_.columns}, dtype),
          Tensor({batch, options_.hidden_size}, dtype),
          {},
          {},
          {}};
}

// What the encoder guesses of the next latent variables.
Gaussian DrawModel::look(const Variable& x, State& state) {
  if (options_.attention) state.read = grid_of(reading_(state.h), options_.read_size);
  const Variable missing = x - sigmoid(state.canvas);
  const Variable seen = concat({read(x, state), read(missing, state), state.h}, 1);
  return gaussian_of(guess_(one_step(encoder_, seen, state.encoder)));
}

void DrawModel::stroke(const Variable& z, State& state) {
  state.h = one_step(decoder_, z, state.decoder);
  state.canvas = state.canvas + write(state.h);
}

DrawCosts DrawModel::costs(const Variable& x, Generator& noise) {
  State state = blank(x.shape()[0], x.dtype());
  Variable total;
  for (int glimpse = 0; glimpse < options_.glimpses; ++glimpse) {
    const Gaussian guess = look(x, state);
    total = total.defined() ? total + divergence(guess) : divergence(guess);
    stroke(draw(guess, noise), state);
  }
  return {sum(answer_costs(state.canvas, x.value()), 1), total};
}

std::vector<Tensor> DrawModel::paint(int count, Generator& noise) {
  const NoGrad no_grad;
  State state = blank(count, encoder_.parameters()[0].dtype());
  std::vector<Tensor> pictures;
  for (int glimpse = 0; glimpse < options_.glimpses; ++glimpse) {
    const Tensor zeros({count, options_.latent_size}, state.h.dtype());
    stroke(draw({zeros, Tensor::full(zeros.shape(), 1, zeros.dtype())}, noise), state);
    pictures.push_back(sigmoid(state.canvas).value());
  }
  return pictures;
}

Variable DrawModel::forward(const Variable& x, const Padding&) {
  State state = blank(x.shape()[0], x.dtype());
  for (int glimpse = 0; glimpse < options_.glimpses; ++glimpse) stroke(look(x, state).mean, state);
  return sigmoid(state.canvas);
}

}  // namespace sluice::experiment
