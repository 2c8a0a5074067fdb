// Decoding of an EncoderDecoder: one symbol after the other, the likeliest or a beam of them.
#include <algorithm>
#include <cmath>
#include <utility>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/embedding.h"
#include "sluice/autograd/softmax.h"
#include "sluice/base/error.h"
#include "sluice/layers/encoder_decoder.h"

namespace sluice {

namespace {

// The rows `picked` of x [.., B, ..] along its axis of the batch, any of them any number of times.
Variable rows_of(const Variable& x, int axis, const std::vector<int>& picked) {
  if (!x.defined()) return x;
  int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= x.shape()[i];
  for (int i = axis + 1; i < x.shape().rank(); ++i) inner *= x.shape()[i];
  const int64_t batch = x.shape()[axis], count = static_cast<int64_t>(picked.size());
  Tensor rows({outer * count}, DType::f64);
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < count; ++i)
      rows.data<double>()[o * count + i] = static_cast<double>(o * batch + picked[i]);
  Shape shape = x.shape();
  shape.set(axis, count);
  return reshape(embedding(rows, reshape(x, {outer * batch, inner})), shape);
}

DecoderState rows_of(const DecoderState& state, const std::vector<int>& picked) {
  DecoderState rows{{}, rows_of(state.fed, 0, picked), state.step};
  for (size_t k = 0; k < state.cells.values.size(); ++k)
    rows.cells.values[k] = rows_of(state.cells.values[k], 1, picked);
  if (state.cells.steps.defined())
    rows.cells.steps = rows_of(Variable(state.cells.steps), 0, picked).value();
  return rows;
}

AttentionMemory rows_of(const AttentionMemory& memory, const std::vector<int>& picked) {
  AttentionMemory rows{rows_of(memory.values, 0, picked), rows_of(memory.keys, 0, picked), {}, {}};
  if (memory.allowed.defined()) rows.allowed = rows_of(Variable(memory.allowed), 0, picked).value();
  for (int row : picked)
    if (!memory.lengths.empty()) rows.lengths.push_back(memory.lengths[row]);
  return rows;
}

std::vector<float> row_of(const Variable& x, int64_t row) {
  std::vector<float> values;
  if (!x.defined()) return values;
  const int64_t size = x.shape()[1];
  for (int64_t i = 0; i < size; ++i)
    values.push_back(static_cast<float>(x.value().item(row * size + i)));
  return values;
}

Tensor as_symbols(const std::vector<int>& symbols) {
  Tensor tensor({static_cast<int64_t>(symbols.size())});
  std::copy(symbols.begin(), symbols.end(), tensor.data<float>());
  return tensor;
}

// A symbol behind one of the hypotheses of a beam.
struct Candidate {
  double log_probability;
  int parent, symbol;
};

/// Of all symbols behind all hypotheses the likeliest; the earlier one where two are equal.
std::vector<Candidate> best_candidates(const std::vector<Hypothesis>& beam, const Tensor& scores,
                                       int count) {
  std::vector<Candidate> all;
  const int64_t symbols = scores.size(1);
  for (size_t parent = 0; parent < beam.size(); ++parent)
    for (int64_t k = 0; k < symbols; ++k)
      all.push_back(
          {beam[parent].log_probability + scores.item(static_cast<int64_t>(parent) * symbols + k),
           static_cast<int>(parent), static_cast<int>(k)});
  const auto before = [](const Candidate& a, const Candidate& b) {
    if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
    return std::pair(a.parent, a.symbol) < std::pair(b.parent, b.symbol);
  };
  std::sort(all.begin(), all.end(), before);
  all.resize(std::min<size_t>(all.size(), static_cast<size_t>(count)));
  return all;
}

double rank(const Hypothesis& hypothesis, double length_penalty) {
  const double steps = static_cast<double>(hypothesis.symbols.size() + (hypothesis.ended ? 1 : 0));
  return hypothesis.log_probability / std::pow((5 + steps) / 6, length_penalty);
}

void check_steps(int max_steps, int width) {
  if (max_steps < 1 || width < 1)
    fail_config("layer.size", "encoder_decoder", "a beam needs a width and steps of 1 or more",
                "set width and max_steps");
}

}  // namespace

std::vector<Hypothesis> EncoderDecoder::greedy(const Tensor& source, int max_steps,
                                               const Padding& padding) {
  check_steps(max_steps, 1);
  const NoGrad no_grad;
  EncodedSource encoded = encode(source, padding);
  std::vector<Hypothesis> rows(static_cast<size_t>(encoded.batch));
  std::vector<int> last(rows.size(), options_.start_symbol);
  for (int step_number = 0; step_number < max_steps; ++step_number) {
    const DecoderStep one = step(as_symbols(last), encoded.state, encoded.memory);
    const Tensor scores = log_softmax(one.logits).value();
    bool open = false;
    for (size_t row = 0; row < rows.size(); ++row) {
      if (rows[row].ended) continue;
      const int64_t first = static_cast<int64_t>(row) * options_.target_symbols;
      int best = 0;
      for (int k = 1; k < options_.target_symbols; ++k)
        if (scores.item(first + k) > scores.item(first + best)) best = k;
      last[row] = best;
      rows[row].log_probability += scores.item(first + best);
      rows[row].ended = best == options_.end_symbol;
      if (!rows[row].ended) rows[row].symbols.push_back(best);
      if (attention_) rows[row].weights.push_back(row_of(one.weights, static_cast<int64_t>(row)));
      open = open || !rows[row].ended;
    }
    if (!open) break;
  }
  return rows;
}

std::vector<Hypothesis> EncoderDecoder::beam_of_row(const EncodedSource& row,
                                                    const BeamOptions& options) {
  std::vector<Hypothesis> open(1), ended;
  std::vector<int> last = {options_.start_symbol}, parents = {0};
  DecoderState state = row.state;
  for (int t = 0; t < options.max_steps && !open.empty(); ++t) {
    state = rows_of(state, parents);
    const std::vector<int> copies(open.size(), 0);
    const DecoderStep one = step(as_symbols(last), state, rows_of(row.memory, copies));
    const Tensor scores = log_softmax(one.logits).value();
    const int wanted = options.width - static_cast<int>(ended.size());
    std::vector<Hypothesis> next;
    last.clear();
    parents.clear();
    for (const Candidate& candidate : best_candidates(open, scores, wanted)) {
      Hypothesis longer = open[candidate.parent];
      longer.log_probability = candidate.log_probability;
      longer.ended = candidate.symbol == options_.end_symbol;
      if (attention_) longer.weights.push_back(row_of(one.weights, candidate.parent));
      if (longer.ended) {
        ended.push_back(std::move(longer));
        continue;
      }
      longer.symbols.push_back(candidate.symbol);
      next.push_back(std::move(longer));
      last.push_back(candidate.symbol);
      parents.push_back(candidate.parent);
    }
    open = std::move(next);
  }
  ended.insert(ended.end(), open.begin(), open.end());
  std::sort(ended.begin(), ended.end(), [&](const Hypothesis& a, const Hypothesis& b) {
    const double first = rank(a, options.length_penalty), second = rank(b, options.length_penalty);
    return first != second ? first > second : a.symbols < b.symbols;
  });
  return ended;
}

std::vector<std::vector<Hypothesis>> EncoderDecoder::beam(const Tensor& source,
                                                          const BeamOptions& options,
                                                          const Padding& padding) {
  check_steps(options.max_steps, options.width);
  const NoGrad no_grad;
  const EncodedSource encoded = encode(source, padding);
  std::vector<std::vector<Hypothesis>> rows;
  for (int row = 0; row < static_cast<int>(encoded.batch); ++row) {
    const std::vector<int> picked = {row};
    rows.push_back(
        beam_of_row({rows_of(encoded.state, picked), rows_of(encoded.memory, picked), 1}, options));
  }
  return rows;
}

}  // namespace sluice
