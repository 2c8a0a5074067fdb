#include "sluice/layers/encoder_decoder.h"

#include <algorithm>
#include <cmath>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/base/error.h"
#include "sluice/layers/luong_attention.h"

namespace sluice {

namespace {

EncoderDecoderOptions checked(EncoderDecoderOptions o) {
  if (std::min({o.source_symbols, o.target_symbols, o.embedding_dim, o.hidden_size, o.num_layers,
                o.source_steps}) < 1)
    fail_config("layer.size", "encoder_decoder", "a size or a number of symbols is not positive",
                "set them to 1 or more");
  for (int symbol : {o.start_symbol, o.end_symbol})
    if (symbol >= o.target_symbols || (symbol < 0 && symbol != o.end_symbol))
      fail_config("layer.size", "encoder_decoder",
                  "the start or the end symbol is none of the " + std::to_string(o.target_symbols) +
                      " target symbols",
                  "count them among target_symbols");
  const std::vector<std::string> known = {"none", "additive", "dot", "general", "concat"};
  if (std::find(known.begin(), known.end(), o.attention) == known.end())
    fail_config("config.choice", "encoder_decoder.attention",
                "there is no attention \"" + o.attention + "\"", suggest(o.attention, known));
  if (o.attention_size == 0) o.attention_size = o.hidden_size;
  return o;
}

bool is_luong(const EncoderDecoderOptions& o) {
  return o.attention == "dot" || o.attention == "general" || o.attention == "concat";
}

int encoder_width(const EncoderDecoderOptions& o) {
  return o.encoder_direction == DirectionOf::both ? 2 * o.hidden_size : o.hidden_size;
}

RecurrentOptions encoder_of(const EncoderDecoderOptions& o) {
  return {.cell = o.cell,
          .input_size = o.embedding_dim,
          .hidden_size = o.hidden_size,
          .num_layers = o.num_layers,
          .direction = o.encoder_direction,
          .batch_first = true};
}

RecurrentOptions decoder_of(const EncoderDecoderOptions& o) {
  RecurrentOptions decoder = encoder_of(o);
  decoder.direction = DirectionOf::forward;
  if (o.attention == "additive") decoder.input_size += encoder_width(o);
  if (is_luong(o) && o.input_feeding) decoder.input_size += o.hidden_size;
  return decoder;
}

LinearOptions head_of(const EncoderDecoderOptions& o) {
  const int context = o.attention == "additive" ? encoder_width(o) : 0;
  return {.input_size = o.hidden_size + context, .output_size = o.target_symbols};
}

Variable with_step(const Variable& x) { return reshape(x, {x.shape()[0], 1, x.shape()[1]}); }

// Column `at` of symbols [B,T], or `start` before the first.
Tensor column(const Tensor& symbols, int64_t at, int start) {
  Tensor out = Tensor::full({symbols.size(0)}, start);
  for (int64_t row = 0; at >= 0 && row < symbols.size(0); ++row)
    out.data<float>()[row] = static_cast<float>(symbols.item(row * symbols.size(1) + at));
  return out;
}

void check_symbols(const Tensor& symbols, const char* what) {
  if (symbols.rank() == 2 && symbols.size(1) > 0) return;
  fail_config("layer.shape", "encoder_decoder",
              std::string(what) + " of shape " + symbols.shape().to_string() + " are not [B,steps]",
              "give a row of symbols for each example");
}

}  // namespace

EncoderDecoder::EncoderDecoder(const EncoderDecoderOptions& options, Generator& generator)
    : options_(checked(options)),
      source_embedding_(
          {.num_embeddings = options.source_symbols, .embedding_dim = options.embedding_dim},
          generator),
      target_embedding_(
          {.num_embeddings = options.target_symbols, .embedding_dim = options.embedding_dim},
          generator),
      encoder_(encoder_of(options_), generator),
      decoder_(decoder_of(options_), generator),
      head_(head_of(options_), generator) {
  add("source_embedding", source_embedding_);
  add("target_embedding", target_embedding_);
  add("encoder", encoder_);
  add("decoder", decoder_);
  add("head", head_);
  add_attention(generator);
  if (options_.encoder_direction != DirectionOf::both) return;
  for (size_t k = 0; k < encoder_.cell().states.size(); ++k) {
    bridges_.push_back(std::make_unique<Linear>(
        LinearOptions{.input_size = 2 * options_.hidden_size, .output_size = options_.hidden_size},
        generator));
    add("bridge_" + encoder_.cell().states[k], *bridges_.back());
  }
}

void EncoderDecoder::add_attention(Generator& generator) {
  if (options_.attention == "none") return;
  const int query = options_.hidden_size, key = encoder_width(options_);
  if (options_.attention == "additive") {
    attention_ = std::make_unique<AdditiveAttention>(
        AdditiveAttentionOptions{query, key, options_.attention_size}, generator);
  } else {
    const LuongScore score = options_.attention == "dot"       ? LuongScore::dot
                             : options_.attention == "general" ? LuongScore::general
                                                               : LuongScore::concat;
    attention_ = std::make_unique<LuongAttention>(
        LuongAttentionOptions{.query_size = query,
                              .key_size = key,
                              .score = score,
                              .attention_size = options_.attention_size},
        generator);
    combine_ = std::make_unique<Linear>(
        LinearOptions{.input_size = key + query, .output_size = query, .bias = false}, generator);
    add("combine", *combine_);
  }
  add("attention", *attention_);
}

// The last states of both directions, layer by layer, into one.
RecurrentState EncoderDecoder::bridged(const RecurrentState& state) const {
  if (bridges_.empty()) return state;
  RecurrentState one;
  for (size_t k = 0; k < bridges_.size(); ++k) {
    const Shape& shape = state.values[k].shape();
    const Variable pairs = reshape(state.values[k], {shape[0] / 2, 2, shape[1], shape[2]});
    const Variable joined = concat({select(pairs, 1, 0), select(pairs, 1, 1)}, -1);
    one.values[k] = tanh((*bridges_[k])(joined));
  }
  return one;
}

EncodedSource EncoderDecoder::encode(const Tensor& source, const Padding& padding) {
  check_symbols(source, "sources");
  EncodedSource encoded;
  encoded.batch = source.size(0);
  const RecurrentResult read = encoder_.run(source_embedding_(source, padding), {}, padding);
  encoded.state.cells = bridged(read.state);
  if (attention_) encoded.memory = attention_->remember(read.output, padding);
  return encoded;
}

DecoderStep EncoderDecoder::step(const Tensor& symbols, DecoderState& state,
                                 const AttentionMemory& memory) {
  Variable x = target_embedding_(symbols);
  const int64_t batch = symbols.numel();
  Attended seen;
  if (attention_ && !luong()) {
    seen = attention_->attend(select(state.cells.h(), 0, -1), memory, state.step);
    x = concat({x, seen.context}, 1);
  } else if (luong() && options_.input_feeding) {
    if (!state.fed.defined()) state.fed = Tensor({batch, options_.hidden_size}, x.dtype());
    x = concat({x, state.fed}, 1);
  }
  const RecurrentResult moved = decoder_.run(with_step(x), state.cells);
  Variable out = select(moved.output, 1, 0);
  if (luong()) {
    seen = attention_->attend(out, memory, state.step);
    out = tanh((*combine_)(concat({seen.context, out}, 1)));
    state.fed = out;
  } else if (attention_) {
    out = concat({out, seen.context}, 1);
  }
  state.cells = moved.state;
  ++state.step;
  return {head_(out), seen.weights};
}

// Without attention the decoder's steps need nothing of each other but the state.
DecodedTargets EncoderDecoder::teach_at_once(const EncodedSource& encoded, const Tensor& targets) {
  Tensor inputs(targets.shape());
  for (int64_t t = 0; t < targets.size(1); ++t) {
    const Tensor before = column(targets, t - 1, options_.start_symbol);
    for (int64_t row = 0; row < targets.size(0); ++row)
      inputs.data<float>()[row * targets.size(1) + t] = before.data<float>()[row];
  }
  const Variable x = target_embedding_(inputs);
  return {head_(decoder_.run(x, encoded.state.cells).output), {}};
}

// Each row's true symbol, or with the rest of the probability the likeliest one.
Tensor EncoderDecoder::next_inputs(const Tensor& truth, const Variable& logits,
                                   Generator& coins) const {
  Tensor inputs = truth.clone();
  std::vector<double> draws(static_cast<size_t>(truth.numel()));
  coins.uniform(draws);
  const int64_t symbols = options_.target_symbols;
  for (int64_t row = 0; row < truth.numel(); ++row) {
    if (draws[row] < teacher_forcing_) continue;
    int64_t best = 0;
    for (int64_t k = 1; k < symbols; ++k)
      if (logits.value().item(row * symbols + k) > logits.value().item(row * symbols + best))
        best = k;
    inputs.data<float>()[row] = static_cast<float>(best);
  }
  return inputs;
}

DecodedTargets EncoderDecoder::teach(const Tensor& source, const Tensor& targets,
                                     const Padding& padding) {
  check_symbols(targets, "targets");
  EncodedSource encoded = encode(source, padding);
  const bool forced = !training() || teacher_forcing_ >= 1;
  if (forced && !attention_) return teach_at_once(encoded, targets);
  Generator coins(key_.seed + 0x9e3779b97f4a7c15 * (key_.update + 1) + (key_.layer << 16) +
                  passes_++);
  std::vector<Variable> logits, weights;
  for (int64_t t = 0; t < targets.size(1); ++t) {
    Tensor inputs = column(targets, t - 1, options_.start_symbol);
    if (!forced && t > 0) inputs = next_inputs(inputs, select(logits.back(), 1, 0), coins);
    const DecoderStep one = step(inputs, encoded.state, encoded.memory);
    logits.push_back(with_step(one.logits));
    if (attention_) weights.push_back(with_step(one.weights));
  }
  return {concat(logits, 1), attention_ ? concat(weights, 1) : Variable()};
}

Variable EncoderDecoder::forward(const Variable& x, const Padding&) {
  const Shape& shape = x.shape();
  const int64_t steps = options_.source_steps;
  if (shape.rank() != 2 || shape[1] <= steps)
    fail_config("layer.shape", "encoder_decoder",
                "an input of shape " + shape.to_string() + " is not a source of " +
                    std::to_string(steps) + " steps and a target",
                "set source_steps to the steps of a source");
  const Tensor source = slice(x, 1, 0, steps).value(),
               targets = slice(x, 1, steps, shape[1]).value();
  Padding padding;
  for (int64_t row = 0; options_.padding_symbol >= 0 && row < shape[0]; ++row) {
    int64_t length = steps;
    while (length > 1 && source.item(row * steps + length - 1) == options_.padding_symbol) --length;
    padding.lengths.push_back(static_cast<int>(length));
  }
  return teach(source, targets, padding).logits;
}

void EncoderDecoder::set_mask_key(MaskKey& key) {
  key_ = key;
  ++key.layer;
  passes_ = 0;
  Composite::set_mask_key(key);
}

void EncoderDecoder::set_teacher_forcing(double probability) {
  if (!(probability >= 0 && probability <= 1))
    fail_config("layer.teacher_forcing", "teacher_forcing",
                "a probability lies between 0 and 1, not at " + std::to_string(probability),
                "1 always gives the true symbol");
  teacher_forcing_ = probability;
}

double scheduled_sampling(const std::string& name, double k, int64_t update) {
  const auto i = static_cast<double>(update);
  if (name == "linear") return std::max(0.0, 1 - i / k);
  if (name == "exponential") return std::pow(k, i);
  if (name == "inverse_sigmoid") return k / (k + std::exp(i / k));
  fail_config("config.choice", "scheduled_sampling", "there is no schedule \"" + name + "\"",
              suggest(name, {"linear", "exponential", "inverse_sigmoid"}));
}

}  // namespace sluice
