#include "sluice/layers/recurrent.h"

#include <algorithm>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/layers/own_steps.h"
#include "sluice/layers/parameter.h"
#include "sluice/layers/recurrent_body.h"
#include "sluice/layers/recurrent_stack.h"

namespace sluice {

namespace {

/// One call of a recurrent stack on the tape: all layers and directions.
class RecurrentNode : public Node {
 public:
  RecurrentNode(const Variable& x, const RecurrentState& state,
                std::shared_ptr<const Recurrent::Body> body)
      : Node({x, state.values[0], state.values[1], state.values[2], state.values[3],
              state.values[4]}),
        body_(std::move(body)),
        passes_(body_->directions.size()) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(body_->dtype, [&](auto zero) { run<decltype(zero)>(grads); });
  }

  PoolArray<PassMemory>& passes() { return passes_; }

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
  if (body_->makes_all_outputs() || !grads[0].defined()) return grads[1];
  const int d = body_->per_layer(), layers = body_->options.num_layers;
  const int64_t batch = grads[0].size(0), h = body_->out();
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
  StackGradients gradients;
  for (int k = 0; k < max_states; ++k) {
    gradients.dlast[k] = k == 0 ? last_gradient<T>(grads) : grads[1 + k];
    if (input(1 + k).defined() && input(1 + k).requires_grad())
      gradients.dfirst[k] = Tensor(input(1 + k).shape(), body_->dtype);
  }
  if (body_->makes_all_outputs()) gradients.dy = grads[0];
  gradients.need_dx = input(0).requires_grad();
  backward_stack<T>(*body_, passes_, gradients);
  if (gradients.need_dx) input(0).accumulate_grad(gradients.dx);
  for (int k = 0; k < max_states; ++k)
    if (gradients.dfirst[k].defined()) input(1 + k).accumulate_grad(gradients.dfirst[k]);
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

/// [B,D·width] of the outputs of all steps: each direction's own last true step.
Variable last_steps(const Recurrent::Body& body, const Variable& all, const Padding& padding) {
  const OwnSteps steps(all.shape(), body.options.batch_first, padding);
  if (body.options.direction == DirectionOf::forward) return steps.last(all);
  if (body.options.direction == DirectionOf::reverse) return steps.first(all);
  const int64_t width = body.layer_output(body.options.num_layers - 1);
  return concat({steps.last(slice(all, 2, 0, width)), steps.first(slice(all, 2, width, 2 * width))},
                1);
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
  check_options(options);
  body_->options = options;
  body_->cell = &find_cell(options.cell);
  if (options.structure.periods.empty()) {
    auto& periods = body_->options.structure.periods = body_->cell->info.periods;
    if (periods.size() > static_cast<size_t>(options.hidden_size))
      periods.resize(options.hidden_size);
  }
  check_cell(body_->options, body_->cell->info);
  const int count = options.num_layers * body_->per_layer();
  for (int i = 0; i < count; ++i)
    body_->directions.push_back(make_direction(*body_, i, DType::f32));
  for (int i = 0; i < count; ++i) load_direction(*body_, i, initial_tensors(*body_, i, generator));
}

Recurrent::~Recurrent() = default;

void Recurrent::set_mask_key(MaskKey& key) {
  key_ = key;
  key.layer += static_cast<uint32_t>(body_->directions.size());
  runs_ = 0;
}

bool Recurrent::keep_masks(bool on) {
  Module::keep_masks(on);
  const RecurrentDropout& d = options().dropout;
  return d.input > 0 || d.weights > 0 || d.any_mask();
}

MaskRule Recurrent::mask_rule(const RecurrentState& state) const {
  MaskRule rule{options().dropout, key_, 0, draws_masks(), state.steps};
  if (draws_masks()) rule.run = runs_++;
  return rule;
}

/// What a clock has to know to go on from here.
Tensor Recurrent::steps_after(const Variable& x, const RecurrentState& state,
                              const Padding& padding) const {
  if (options().structure.periods.empty()) return {};
  const int64_t batch = x.shape()[options().batch_first ? 0 : 1];
  const int64_t all = x.shape()[options().batch_first ? 1 : 0];
  Tensor steps({batch}, DType::f64);
  if (state.steps.defined()) steps.copy_from(state.steps);
  double* const to = steps.data<double>();
  for (int64_t b = 0; b < batch; ++b)
    to[b] += static_cast<double>(padding.lengths.empty() ? all : padding.lengths[b]);
  return steps;
}

RecurrentResult Recurrent::run(const Variable& x, const RecurrentState& state,
                               const Padding& padding) const {
  check_input(*body_, x, state);
  const int states = static_cast<int>(body_->cell->info.states.size());
  const int64_t batch = x.shape()[options().batch_first ? 0 : 1];
  bool wanted = false;
  for (const Direction& d : body_->directions)
    d.for_each_parameter([&](const Variable& v) { wanted = wanted || v.requires_grad(); });
  for (const Variable& v : state.values) wanted = wanted || (v.defined() && v.requires_grad());
  const bool remember = grad_enabled() && (wanted || x.requires_grad());

  // Owned until results hold it: wrong lengths are found on the way.
  std::unique_ptr<RecurrentNode> owner(remember ? new RecurrentNode(x, state, body_) : nullptr);
  Tensor output, last[max_states];
  for (int k = 0; k < states; ++k)
    last[k] = Tensor(
        {int64_t{options().num_layers} * directions(), batch, body_->width(static_cast<int>(k))},
        body_->dtype);
  dispatch(body_->dtype, [&](auto zero) {
    using T = decltype(zero);
    PoolArray<PassMemory> scratch(owner ? 0 : body_->directions.size());
    StackInput stack{x.value(), {}, padding, remember, mask_rule(state)};
    for (int k = 0; k < states; ++k)
      if (state.values[k].defined()) stack.first[k] = state.values[k].value();
    output = forward_stack<T>(*body_, stack, owner ? owner->passes() : scratch, last);
    if (options().outputs == Outputs::last && !body_->makes_all_outputs())
      output = last_output<T>(*body_, last[0]);
  });
  RecurrentNode* const node = owner.release();
  RecurrentResult result;
  result.state.steps = steps_after(x, state, padding);
  if (output.defined())
    result.output = node ? Variable::from_node(output, node, 0) : Variable(output);
  for (int k = 0; k < states; ++k)
    result.state.values[k] = node ? Variable::from_node(last[k], node, 1 + k) : Variable(last[k]);
  if (options().outputs == Outputs::last && body_->makes_all_outputs())
    result.output = last_steps(*body_, result.output, padding);
  return result;
}

RecurrentState RecurrentState::detach() const {
  RecurrentState cut;
  for (int k = 0; k < max_states; ++k)
    if (values[k].defined()) cut.values[k] = values[k].detach();
  cut.steps = steps;
  return cut;
}

void refuse_no_output() {
  fail_config("layer.outputs", "outputs", "none leaves nothing to hand on",
              "call run() for the states alone, or write outputs: last or all");
}

Variable Recurrent::forward(const Variable& x, const Padding& padding) {
  if (options().outputs == Outputs::none) refuse_no_output();
  return run(x, {}, padding).output;
}

std::vector<Variable> Recurrent::parameters() const {
  std::vector<Variable> all;
  for (const Direction& d : body_->directions)
    d.for_each_parameter([&](const Variable& v) { all.push_back(v); });
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

void Recurrent::load_state(const NamedTensors& given) {
  refuse_strangers(given, state());
  for (int i = 0; i < static_cast<int>(body_->directions.size()); ++i)
    load_direction(*body_, i, given);
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
                                                     {&d.bias_hidden, &fresh.bias_hidden},
                                                     {&d.projection, &fresh.projection},
                                                     {&d.units, &fresh.units},
                                                     {&d.affine, &fresh.affine}};
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

int Recurrent::output_size(int) const {
  return body_->layer_output(options().num_layers - 1) * directions();
}

int64_t Recurrent::parameter_count() const {
  int64_t count = Module::parameter_count();
  for (const Direction& d : body_->directions) count -= d.layout.ruled_out();
  return count;
}

const RecurrentOptions& Recurrent::options() const { return body_->options; }
const CellInfo& Recurrent::cell() const { return body_->cell->info; }

}  // namespace sluice
