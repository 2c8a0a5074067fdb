#include "sluice/layers/mlstm.h"

#include <algorithm>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/mlstm_pass.h"
#include "sluice/layers/parameter.h"

namespace sluice {

namespace {

void check(const MlstmOptions& o) {
  if (o.outputs == Outputs::none)
    fail_config("layer.outputs", "mlstm.outputs", "the layer always has an output",
                "write outputs: last or all");
  constexpr int widest = 1 << 20;  // products of such sizes would leave the range of an int
  const std::pair<const char*, int> sizes[] = {
      {"input_size", o.input_size}, {"hidden_size", o.hidden_size}, {"heads", o.heads}};
  for (const auto& [name, size] : sizes)
    if (size < 1 || size > widest)
      fail_config(
          "layer.size", std::string("mlstm.") + name,
          "must be between 1 and " + std::to_string(widest) + ", not " + std::to_string(size),
          "set it to 1 or more");
  if (o.hidden_size % o.heads != 0)
    fail_config("layer.heads", "mlstm.heads",
                std::to_string(o.hidden_size) + " units do not part into " +
                    std::to_string(o.heads) + " equal heads",
                "choose a number that divides hidden_size");
  if (o.initialization != "pytorch" && o.initialization != "keras")
    fail_config("config.choice", "mlstm.initialization",
                "\"" + o.initialization + "\" is not one of pytorch, keras",
                suggest(o.initialization, {"pytorch", "keras"}));
}

/// Lines [first, first + count) of a packed parameter, under the name of their own.
struct PackedPart {
  std::string name;
  const Variable* packed;
  int64_t first, count;
};

std::vector<PackedPart> parts_of(const Mlstm::Body& body) {
  const int64_t h = body.options.hidden_size, heads = body.options.heads;
  std::vector<PackedPart> parts;
  const auto add = [&](const std::string& name, const Variable& weight, const Variable& bias,
                       int64_t first, int64_t count) {
    parts.push_back({name + ".weight", &weight, first, count});
    if (bias.defined()) parts.push_back({name + ".bias", &bias, first, count});
  };
  add("q", body.weight, body.bias, 0, h);
  add("k", body.weight, body.bias, h, h);
  add("v", body.weight, body.bias, 2 * h, h);
  if (body.options.output_gate) add("output_gate", body.weight, body.bias, 3 * h, h);
  add("input_gate", body.gate_weight, body.gate_bias, 0, heads);
  add("forget_gate", body.gate_weight, body.gate_bias, heads, heads);
  return parts;
}

Tensor lines_of(const Tensor& packed, const PackedPart& part) {
  Shape shape = packed.shape();
  shape.set(0, part.count);
  const int64_t width = packed.numel() / packed.size(0);
  Tensor lines = Tensor::uninitialized(shape, packed.dtype());
  dispatch(packed.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::copy_n(packed.data<T>() + part.first * width, part.count * width, lines.data<T>());
  });
  return lines;
}

void load_part(const PackedPart& part, const NamedTensors& given) {
  Variable packed = *part.packed;
  Variable own(lines_of(packed.value(), part));
  load_parameter(own, given, part.name);
  const int64_t width = packed.value().numel() / packed.shape()[0];
  dispatch(packed.dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::copy_n(own.value().data<T>(), own.value().numel(),
                packed.value().data<T>() + part.first * width);
  });
}

/// First values by the names of state(), see the class.
NamedTensors first_values(const MlstmOptions& o, Generator& generator) {
  NamedTensors values;
  const std::vector<std::string> names = {"q", "k", "v", "output_gate"};
  for (size_t i = 0; i < (o.output_gate ? 4 : 3); ++i)
    for (auto& [name, tensor] :
         Linear({o.input_size, o.hidden_size, o.bias, o.initialization}, generator).state())
      values.emplace_back(names[i] + "." + name, std::move(tensor));
  const Shape gate = {o.heads, 3 * int64_t{o.hidden_size}};
  Tensor input({o.heads}), forget({o.heads});
  fill_normal(input, 0.1, generator);
  for (int h = 0; h < o.heads; ++h)
    forget.data<float>()[h] =
        3 + 3 * static_cast<float>(h) / static_cast<float>(std::max(o.heads - 1, 1));
  values.emplace_back("input_gate.weight", Tensor(gate));
  values.emplace_back("input_gate.bias", input);
  values.emplace_back("forget_gate.weight", Tensor(gate));
  values.emplace_back("forget_gate.bias", forget);
  return values;
}

void check_state(const Mlstm::Body& body, int64_t batch, const MlstmState& state) {
  const int64_t heads = body.options.heads, d = body.head_size();
  const std::pair<const Variable*, Shape> tensors[] = {{&state.memory, {batch, heads, d, d}},
                                                       {&state.normalizer, {batch, heads, d}},
                                                       {&state.stabilizer, {batch, heads}}};
  for (const auto& [given, wanted] : tensors) {
    if (!given->defined()) continue;
    if (!(given->shape() == wanted))
      fail_config("layer.shape", "mlstm",
                  "the state needs " + wanted.to_string() + ", not " + given->shape().to_string(),
                  "pass the state of a run with as many rows");
    if (given->dtype() != body.dtype)
      fail_config("layer.dtype", "mlstm", "state and parameters differ in number type",
                  "convert one of them with to()");
  }
}

void check_input(const Mlstm::Body& body, const Variable& x, const MlstmState& state) {
  const MlstmOptions& o = body.options;
  const char* form = o.batch_first ? "[B,T,I]" : "[T,B,I]";
  if (!x.defined() || x.shape().rank() != 3 || x.shape()[2] != o.input_size ||
      x.shape().numel() == 0)
    fail_config("layer.shape", "mlstm",
                "needs " + std::string(form) + " with I = " + std::to_string(o.input_size) +
                    ", not " + (x.defined() ? x.shape().to_string() : "nothing"),
                "check input_size and batch_first");
  if (x.dtype() != body.dtype)
    fail_config("layer.dtype", "mlstm", "input and parameters differ in number type",
                "convert one of them with to()");
  check_state(body, x.shape()[o.batch_first ? 0 : 1], state);
}

Tensor value_or_none(const Variable& v) { return v.defined() ? v.value() : Tensor(); }

/// One call on the tape.
class MlstmNode : public Node {
 public:
  MlstmNode(const Variable& x, const MlstmState& state, std::shared_ptr<const Mlstm::Body> body)
      : Node({x, state.memory, state.normalizer, state.stabilizer, body->weight, body->bias,
              body->gate_weight, body->gate_bias}),
        body_(std::move(body)) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    MlstmGradients gradients{grads[0], {grads[1], grads[2], grads[3]}, {}};
    Tensor* const first[] = {&gradients.first.memory, &gradients.first.normalizer,
                             &gradients.first.stabilizer};
    for (int k = 0; k < 3; ++k)
      if (input(1 + k).defined() && input(1 + k).requires_grad())
        *first[k] = Tensor::uninitialized(input(1 + k).shape(), body_->dtype);
    dispatch(body_->dtype, [&](auto zero) {
      backward_mlstm<decltype(zero)>(*body_, trace_, input(0), gradients);
    });
    for (int k = 0; k < 3; ++k)
      if (first[k]->defined()) input(1 + k).accumulate_grad(*first[k]);
  }

  MlstmTrace& trace() { return trace_; }

 private:
  std::shared_ptr<const Mlstm::Body> body_;
  MlstmTrace trace_;
};

}  // namespace

Mlstm::Mlstm(const MlstmOptions& options, Generator& generator) : body_(std::make_shared<Body>()) {
  check(options);
  body_->options = options;
  const int64_t projected = body_->projected_size(), heads = options.heads;
  body_->weight = Variable(Tensor({projected, options.input_size}), true);
  if (options.bias) body_->bias = Variable(Tensor({projected}), true);
  body_->gate_weight = Variable(Tensor({2 * heads, 3 * int64_t{options.hidden_size}}), true);
  body_->gate_bias = Variable(Tensor({2 * heads}), true);
  load_state(first_values(options, generator));
}

Mlstm::~Mlstm() = default;

MlstmResult Mlstm::run(const Variable& x, const MlstmState& state, const Padding& padding) const {
  check_input(*body_, x, state);
  const Body& b = *body_;
  const bool remember = needs_node({x, state.memory, state.normalizer, state.stabilizer, b.weight,
                                    b.bias, b.gate_weight, b.gate_bias});
  // Owned until results hold it: wrong lengths are found on the way.
  std::unique_ptr<MlstmNode> owner(remember ? new MlstmNode(x, state, body_) : nullptr);
  MlstmTrace scratch;
  const MlstmTensors first = {value_or_none(state.memory), value_or_none(state.normalizer),
                              value_or_none(state.stabilizer)};
  MlstmTensors last;
  const Tensor output = dispatch(b.dtype, [&](auto zero) {
    return forward_mlstm<decltype(zero)>(b, x.value(), first, padding, remember,
                                         owner ? owner->trace() : scratch, last);
  });
  MlstmNode* const node = owner.release();
  MlstmResult result;
  result.output = Variable::from_node(output, node, 0);
  result.state.memory = Variable::from_node(last.memory, node, 1);
  result.state.normalizer = Variable::from_node(last.normalizer, node, 2);
  result.state.stabilizer = Variable::from_node(last.stabilizer, node, 3);
  return result;
}

MlstmResult Mlstm::step(const Variable& x, const MlstmState& state) const {
  const int64_t batch = x.defined() && x.shape().rank() == 2 ? x.shape()[0] : 0;
  if (batch == 0)
    fail_config("layer.shape", "mlstm",
                "a step needs [B,I], not " + (x.defined() ? x.shape().to_string() : "nothing"),
                "give each row its input of this step");
  const int64_t inputs = x.shape()[1], h = options().hidden_size;
  const Shape one = options().batch_first ? Shape{batch, 1, inputs} : Shape{1, batch, inputs};
  MlstmResult result = run(reshape(x, one), state);
  result.output = reshape(result.output, {batch, h});
  return result;
}

Variable Mlstm::forward(const Variable& x, const Padding& padding) {
  return run(x, {}, padding).output;
}

std::vector<Variable> Mlstm::parameters() const {
  if (!body_->bias.defined()) return {body_->weight, body_->gate_weight, body_->gate_bias};
  return {body_->weight, body_->bias, body_->gate_weight, body_->gate_bias};
}

NamedTensors Mlstm::state() const {
  NamedTensors state;
  for (const PackedPart& part : parts_of(*body_))
    state.emplace_back(part.name, lines_of(part.packed->value(), part));
  return state;
}

NamedTensors Mlstm::gradients() const {
  NamedTensors gradients;
  for (const PackedPart& part : parts_of(*body_))
    gradients.emplace_back(part.name, lines_of(gradient_of(*part.packed), part));
  return gradients;
}

void Mlstm::load_state(const NamedTensors& given) {
  refuse_strangers(given, state());
  for (const PackedPart& part : parts_of(*body_)) load_part(part, given);
}

void Mlstm::to(DType dtype) {
  for (Variable& parameter : parameters()) convert_parameter(parameter, dtype);
  body_->dtype = dtype;
}

const MlstmOptions& Mlstm::options() const { return body_->options; }

}  // namespace sluice
