#include "sluice/layers/recurrent.h"

#include <algorithm>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/layers/recurrent_body.h"

namespace sluice {

namespace {

void check(const RecurrentOptions& o) {
  const auto positive = [](const char* what, int value) {
    if (value < 1)
      fail_config("layer.size", what, "must be positive, not " + std::to_string(value),
                  "set it to 1 or more");
  };
  positive("input_size", o.input_size);
  positive("hidden_size", o.hidden_size);
  positive("num_layers", o.num_layers);
  if (o.biases < 0 || o.biases > 2)
    fail_config("layer.biases", "biases",
                "a gate has 0, 1 or 2 bias vectors, not " + std::to_string(o.biases),
                "set it to 2 (as PyTorch), 1 (as Keras) or 0");
  if (o.initialization != "pytorch" && o.initialization != "keras")
    fail_config("config.choice", "initialization",
                "\"" + o.initialization + "\" is not one of pytorch, keras",
                suggest(o.initialization, {"pytorch", "keras"}));
}

/// Pointers to block `index` of each state's [L·D,B,H] tensor; null where it is undefined.
template <class T>
struct StatePointers {
  const T* read[max_states] = {};
  T* write[max_states] = {};

  void block(const Tensor& tensor, int k, int index) {
    if (!tensor.defined()) return;
    Tensor shared = tensor;
    write[k] = shared.data<T>() + index * tensor.size(1) * tensor.size(2);
    read[k] = write[k];
  }
};

/// One call of a recurrent stack on the tape: all layers and directions.
class RecurrentNode : public Node {
 public:
  RecurrentNode(const Variable& x, const RecurrentState& state,
                std::shared_ptr<const Recurrent::Body> body)
      : Node({x, state.values[0], state.values[1], state.values[2], state.values[3]}),
        body_(std::move(body)),
        passes_(body_->directions.size()) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(body_->dtype, [&](auto zero) { run<decltype(zero)>(grads); });
  }

  PassMemory& pass(int index) { return passes_[index]; }

 private:
  template <class T>
  void run(const std::array<Tensor, max_outputs>& grads);
  template <class T>
  Tensor last_gradient(const std::array<Tensor, max_outputs>& grads) const;

  std::shared_ptr<const Recurrent::Body> body_;
  PoolArray<PassMemory> passes_;
};

/// The gradient of the last hidden states, that of a [B,D·H] output included.
template <class T>
Tensor RecurrentNode::last_gradient(const std::array<Tensor, max_outputs>& grads) const {
  if (body_->options.outputs == Outputs::all || !grads[0].defined()) return grads[1];
  const int d = body_->per_layer(), layers = body_->options.num_layers;
  const int64_t batch = grads[0].size(0), h = body_->options.hidden_size;
  Tensor sum({int64_t{layers} * d, batch, h}, body_->dtype);
  if (grads[1].defined()) sum.copy_from(grads[1]);
  for (int k = 0; k < d; ++k)
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t u = 0; u < h; ++u)
        sum.data<T>()[(((layers - 1) * d + k) * batch + b) * h + u] +=
            grads[0].data<T>()[(b * d + k) * h + u];
  return sum;
}

template <class T>
void RecurrentNode::run(const std::array<Tensor, max_outputs>& grads) {
  const Recurrent::Body& body = *body_;
  const int d = body.per_layer(), h = body.options.hidden_size;
  const bool batch_first = body.options.batch_first;
  Tensor dlast[max_states], dfirst[max_states];
  for (int k = 0; k < max_states; ++k) {
    dlast[k] = k == 0 ? last_gradient<T>(grads) : grads[1 + k];
    if (input(1 + k).defined() && input(1 + k).requires_grad())
      dfirst[k] = Tensor(input(1 + k).shape(), body.dtype);
  }
  Tensor dy = body.options.outputs == Outputs::all ? grads[0] : Tensor();
  for (int layer = body.options.num_layers - 1; layer >= 0; --layer) {
    const SequenceView& x = passes_[layer * d].x;
    const bool need_dx = layer > 0 || input(0).requires_grad();
    Tensor dx;
    for (int k = 0; k < d; ++k) {
      const int index = layer * d + k;
      StatePointers<T> from, to;
      for (int s = 0; s < max_states; ++s) {
        from.block(dlast[s], s, index);
        to.block(dfirst[s], s, index);
      }
      SequenceView gradient =
          dy.defined() ? SequenceView(dy, batch_first).part(k * h, h) : SequenceView();
      SequenceView result;
      if (need_dx)
        result = SequenceView(Tensor::uninitialized(x.tensor.shape(), body.dtype), batch_first);
      backward_pass<T>(body.directions[index], passes_[index], gradient, from.read, result,
                       to.write);
      if (k == 0) {
        dx = result.tensor;
      } else if (need_dx) {
        T* sum = dx.data<T>();
        const T* add = std::as_const(result.tensor).template data<T>();
        for (int64_t i = 0; i < dx.numel(); ++i) sum[i] += add[i];
      }
    }
    dy = dx;
  }
  if (input(0).requires_grad()) input(0).accumulate_grad(dy);
  for (int k = 0; k < max_states; ++k)
    if (dfirst[k].defined()) input(1 + k).accumulate_grad(dfirst[k]);
}

void check_input(const Recurrent::Body& body, const Variable& x, const RecurrentState& state) {
  const RecurrentOptions& o = body.options;
  const char* form = o.batch_first ? "[B,T,I]" : "[T,B,I]";
  if (!x.defined() || x.shape().rank() != 3 || x.shape()[2] != o.input_size ||
      x.shape().numel() == 0)
    fail_config("layer.shape", o.cell,
                "needs " + std::string(form) + " with I = " + std::to_string(o.input_size) +
                    ", not " + (x.defined() ? x.shape().to_string() : "nothing"),
                "check input_size and batch_first");
  if (x.dtype() != body.dtype)
    fail_config("layer.dtype", o.cell, "input and parameters differ in number type",
                "convert one of them with to()");
  check_state(body, x.shape()[o.batch_first ? 0 : 1], state);
}

/// Runs every layer and direction forward; `memory(index)` is where a pass keeps what it needs.
template <class T, class Memory>
void run_layers(const Recurrent::Body& body, const Tensor& x, const RecurrentState& state,
                const Padding& padding, Tensor& output, Tensor* last, Memory&& memory,
                bool remember) {
  const RecurrentOptions& o = body.options;
  const int d = body.per_layer(), h = o.hidden_size;
  Tensor layer_x = x;
  for (int layer = 0; layer < o.num_layers; ++layer) {
    const bool top = layer == o.num_layers - 1;
    Tensor y;
    if (!top || o.outputs == Outputs::all) {
      Shape shape = x.shape();
      shape.set(2, int64_t{d} * h);
      y = Tensor::uninitialized(shape, body.dtype);
    }
    for (int k = 0; k < d; ++k) {
      const int index = layer * d + k;
      StatePointers<T> from, to;
      for (int s = 0; s < max_states; ++s) {
        if (state.values[s].defined()) from.block(state.values[s].value(), s, index);
        to.block(last[s], s, index);
      }
      PassMemory& m = memory(index);
      m.x = SequenceView(layer_x, o.batch_first);
      m.y = y.defined() ? SequenceView(y, o.batch_first).part(k * h, h) : SequenceView();
      m.hold = o.padded_output == PaddedOutput::hold;
      forward_pass<T>(body.directions[index], m, padding, from.read, to.write, remember);
    }
    layer_x = y;
  }
  output = layer_x;
}

/// [B,D·H] from the top layer's last hidden states.
template <class T>
Tensor last_output(const Recurrent::Body& body, const Tensor& last) {
  const int d = body.per_layer(), layers = body.options.num_layers;
  const int64_t batch = last.size(1), h = last.size(2);
  Tensor output = Tensor::uninitialized({batch, d * h}, body.dtype);
  for (int k = 0; k < d; ++k)
    for (int64_t b = 0; b < batch; ++b)
      std::copy_n(last.data<T>() + (((layers - 1) * d + k) * batch + b) * h, h,
                  output.data<T>() + (b * d + k) * h);
  return output;
}

}  // namespace

Recurrent::Recurrent(const RecurrentOptions& options, Generator& generator)
    : body_(std::make_shared<Body>()) {
  check(options);
  body_->options = options;
  body_->cell = &find_cell(options.cell);
  const int count = options.num_layers * body_->per_layer();
  for (int i = 0; i < count; ++i)
    body_->directions.push_back(make_direction(*body_, i, DType::f32));
  for (int i = 0; i < count; ++i) load_direction(*body_, i, initial_tensors(*body_, i, generator));
}

Recurrent::~Recurrent() = default;

RecurrentResult Recurrent::run(const Variable& x, const RecurrentState& state,
                               const Padding& padding) const {
  check_input(*body_, x, state);
  const int states = static_cast<int>(body_->cell->info.states.size());
  const int64_t batch = x.shape()[options().batch_first ? 0 : 1];
  bool wanted = false;
  for (const Direction& d : body_->directions)
    for (const Variable* v : {&d.weights, &d.bias_input, &d.bias_hidden})
      wanted = wanted || (v->defined() && v->requires_grad());
  for (const Variable& v : state.values) wanted = wanted || (v.defined() && v.requires_grad());
  const bool remember = grad_enabled() && (wanted || x.requires_grad());

  RecurrentNode* node = remember ? new RecurrentNode(x, state, body_) : nullptr;
  Tensor output, last[max_states];
  for (int k = 0; k < states; ++k)
    last[k] = Tensor({int64_t{options().num_layers} * directions(), batch, options().hidden_size},
                     body_->dtype);
  dispatch(body_->dtype, [&](auto zero) {
    using T = decltype(zero);
    PassMemory scratch;
    const auto memory = [&](int index) -> PassMemory& {
      if (node) return node->pass(index);
      scratch = PassMemory();
      return scratch;
    };
    run_layers<T>(*body_, x.value(), state, padding, output, last, memory, remember);
    if (options().outputs == Outputs::last) output = last_output<T>(*body_, last[0]);
  });
  RecurrentResult result;
  result.output = node ? Variable::from_node(output, node, 0) : Variable(output);
  for (int k = 0; k < states; ++k)
    result.state.values[k] = node ? Variable::from_node(last[k], node, 1 + k) : Variable(last[k]);
  return result;
}

Variable Recurrent::forward(const Variable& x, const Padding& padding) {
  return run(x, {}, padding).output;
}

std::vector<Variable> Recurrent::parameters() const {
  std::vector<Variable> all;
  for (const Direction& d : body_->directions)
    for (const Variable* v : {&d.weights, &d.bias_input, &d.bias_hidden})
      if (v->defined()) all.push_back(*v);
  return all;
}

namespace {

NamedTensors all_tensors(const Recurrent::Body& body, bool gradients) {
  NamedTensors all;
  for (int i = 0; i < static_cast<int>(body.directions.size()); ++i)
    for (auto& tensor : direction_tensors(body, i, gradients)) all.push_back(std::move(tensor));
  return all;
}

}  // namespace

NamedTensors Recurrent::state() const { return all_tensors(*body_, false); }
NamedTensors Recurrent::gradients() const { return all_tensors(*body_, true); }

void Recurrent::load_state(const NamedTensors& state) {
  for (int i = 0; i < static_cast<int>(body_->directions.size()); ++i)
    load_direction(*body_, i, state);
}

void Recurrent::to(DType dtype) {
  if (dtype == body_->dtype) return;
  const NamedTensors neutral = state();
  for (int i = 0; i < static_cast<int>(body_->directions.size()); ++i) {
    // The handles stay: an optimizer may hold them.
    Direction fresh = make_direction(*body_, i, dtype);
    Direction& d = body_->directions[i];
    const std::pair<Variable*, Variable*> pairs[] = {{&d.weights, &fresh.weights},
                                                     {&d.bias_input, &fresh.bias_input},
                                                     {&d.bias_hidden, &fresh.bias_hidden}};
    for (auto [old, now] : pairs) {
      if (!old->defined()) continue;
      old->value() = now->value();
      old->grad() = Tensor();
    }
    d.layout = fresh.layout;
  }
  body_->dtype = dtype;
  load_state(neutral);
}

int Recurrent::output_size(int) const { return options().hidden_size * directions(); }
const RecurrentOptions& Recurrent::options() const { return body_->options; }
const CellInfo& Recurrent::cell() const { return body_->cell->info; }

}  // namespace sluice
