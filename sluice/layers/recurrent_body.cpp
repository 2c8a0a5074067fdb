#include "sluice/layers/recurrent_body.h"

#include <cmath>

#include "sluice/base/error.h"
#include "sluice/layers/cell_packing.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/parameter.h"

namespace sluice {

std::string Recurrent::Body::suffix(int index) const {
  const int layer = index / per_layer();
  const bool reverse = directions.empty() ? false : directions[index].reverse;
  return "_l" + std::to_string(layer) + (per_layer() == 2 && reverse ? "_reverse" : "");
}

Direction make_direction(const Recurrent::Body& body, int index, DType dtype) {
  const RecurrentOptions& o = body.options;
  return dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    const PanelKernels<T>& panels = panel_kernels<T>();
    Direction d{
        CellLayout(*body.cell, body.layer_input(index / body.per_layer()), o.hidden_size,
                   panels.lanes, panels.widest),
        o.switches,
        o.direction == DirectionOf::reverse || (o.direction == DirectionOf::both && index % 2 == 1),
        {},
        {},
        {}};
    d.weights = Variable(Tensor({d.layout.packed_size()}, dtype), true);
    if (o.biases >= 1) d.bias_input = Variable(Tensor({d.layout.bias_size()}, dtype), true);
    if (o.biases >= 2) d.bias_hidden = Variable(Tensor({d.layout.bias_size()}, dtype), true);
    return d;
  });
}

NamedTensors direction_tensors(const Recurrent::Body& body, int index, bool gradients) {
  const Direction& d = body.directions[index];
  const CellLayout& layout = d.layout;
  const int64_t rows = int64_t{layout.cell->info.file_rows()} * layout.hidden_size;
  const std::string suffix = body.suffix(index);
  NamedTensors tensors;
  dispatch(body.dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto values = [&](const Variable& v) { return gradients ? gradient_of(v) : v.value(); };
    const Tensor packed = values(d.weights);
    const T* from = packed.data<T>();
    Tensor input({rows, layout.input_size}, body.dtype);
    Tensor hidden({rows, layout.hidden_size}, body.dtype);
    unpack_weights(layout, Part::input, from, input.data<T>());
    from += layout.packed_size(Part::input);
    unpack_weights(layout, Part::hidden, from, hidden.data<T>());
    from += layout.packed_size(Part::hidden);
    unpack_weights(layout, Part::message, from, hidden.data<T>());
    tensors.emplace_back("weight_ih" + suffix, input);
    tensors.emplace_back("weight_hh" + suffix, hidden);
    for (bool input_side : {true, false}) {
      const Variable& bias = input_side ? d.bias_input : d.bias_hidden;
      if (!bias.defined()) continue;
      Tensor neutral({rows}, body.dtype);
      unpack_bias(layout, input_side, values(bias).template data<T>(), neutral.data<T>());
      tensors.emplace_back((input_side ? "bias_ih" : "bias_hh") + suffix, neutral);
    }
  });
  return tensors;
}

namespace {

Tensor checked(const NamedTensors& state, const std::string& name, const Shape& shape,
               DType dtype) {
  const Tensor& found = find_tensor(state, name);
  if (!(found.shape() == shape))
    fail_config("layer.state", name,
                "has shape " + found.shape().to_string() + ", the layer needs " + shape.to_string(),
                "load weights of a layer with the same sizes");
  return found.to(dtype);
}

}  // namespace

void load_direction(Recurrent::Body& body, int index, const NamedTensors& state) {
  Direction& d = body.directions[index];
  const CellLayout& layout = d.layout;
  const int64_t rows = int64_t{layout.cell->info.file_rows()} * layout.hidden_size;
  const std::string suffix = body.suffix(index);
  dispatch(body.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Tensor input =
        checked(state, "weight_ih" + suffix, {rows, layout.input_size}, body.dtype);
    const Tensor hidden =
        checked(state, "weight_hh" + suffix, {rows, layout.hidden_size}, body.dtype);
    T* to = d.weights.value().data<T>();
    pack_weights(layout, Part::input, input.data<T>(), to);
    to += layout.packed_size(Part::input);
    pack_weights(layout, Part::hidden, hidden.data<T>(), to);
    to += layout.packed_size(Part::hidden);
    pack_weights(layout, Part::message, hidden.data<T>(), to);
    for (bool input_side : {true, false}) {
      Variable& bias = input_side ? d.bias_input : d.bias_hidden;
      if (!bias.defined()) continue;
      const Tensor neutral =
          checked(state, (input_side ? "bias_ih" : "bias_hh") + suffix, {rows}, body.dtype);
      pack_bias(layout, input_side, neutral.data<T>(), bias.value().data<T>());
    }
  });
}

void check_state(const Recurrent::Body& body, int64_t batch, const RecurrentState& state) {
  const RecurrentOptions& o = body.options;
  const int states = static_cast<int>(body.cell->info.states.size());
  const Shape want = {int64_t{o.num_layers} * body.per_layer(), batch, o.hidden_size};
  // Made only to be thrown: a state that fits costs no memory.
  const auto where = [&](int k) { return o.cell + " state " + std::to_string(k); };
  for (int k = 0; k < max_states; ++k) {
    const Variable& v = state.values[k];
    if (!v.defined()) continue;
    if (k >= states)
      fail_config("layer.shape", where(k),
                  o.cell + " has " + std::to_string(states) + (states == 1 ? " state" : " states"),
                  "leave the others undefined");
    if (!(v.shape() == want))
      fail_config("layer.shape", where(k),
                  "has shape " + v.shape().to_string() + ", the layer needs " + want.to_string(),
                  "states are [num_layers * directions, B, H]");
    if (v.dtype() != body.dtype)
      fail_config("layer.dtype", where(k), "state and parameters differ in number type",
                  "convert one of them with to()");
  }
}

namespace {

/// Keras: glorot uniform on the fused kernel; recurrent kernel with orthonormal rows [H, G·H].
void fill_keras(Tensor& input, Tensor& hidden, Generator& generator) {
  const int64_t rows = input.size(0), inputs = input.size(1), h = hidden.size(1);
  fill_glorot_uniform(input, {inputs, rows}, generator);
  Tensor fused({h, rows});
  fill_orthogonal(fused, generator);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < h; ++j)
      hidden.data<float>()[i * h + j] = fused.data<float>()[j * rows + i];
}

/// Sets the forget gate's bias; the second vector's part is zero, so that the sum is the value.
void set_forget_bias(const CellInfo& info, int64_t h, double value, bool second, Tensor& bias) {
  for (const GateInfo& gate : info.gates)
    if (gate.name == "f")
      for (int64_t u = 0; u < h; ++u)
        bias.data<float>()[gate.row * h + u] = second ? 0.f : static_cast<float>(value);
}

}  // namespace

NamedTensors initial_tensors(const Recurrent::Body& body, int index, Generator& generator) {
  const RecurrentOptions& o = body.options;
  const int64_t h = o.hidden_size, rows = int64_t{body.cell->info.file_rows()} * h;
  const bool keras = o.initialization == "keras";
  const double bound = 1 / std::sqrt(static_cast<double>(h));
  Tensor input({rows, body.layer_input(index / body.per_layer())}), hidden({rows, h});
  if (keras) {
    fill_keras(input, hidden, generator);
  } else {
    fill_uniform(input, bound, generator);
    fill_uniform(hidden, bound, generator);
  }
  const double forget = std::isnan(o.forget_bias) && keras ? 1.0 : o.forget_bias;
  NamedTensors tensors = {{"weight_ih" + body.suffix(index), input},
                          {"weight_hh" + body.suffix(index), hidden}};
  for (int i = 0; i < o.biases; ++i) {
    Tensor bias({rows});
    if (!keras) fill_uniform(bias, bound, generator);
    if (!std::isnan(forget)) set_forget_bias(body.cell->info, h, forget, i == 1, bias);
    tensors.emplace_back((i == 0 ? "bias_ih" : "bias_hh") + body.suffix(index), bias);
  }
  return tensors;
}

}  // namespace sluice
