#include "sluice/layers/recurrent_body.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/engine/cell_packing.h"
#include "sluice/engine/projection.h"
#include "sluice/layers/initialization.h"
#include "sluice/layers/parameter.h"

namespace sluice {

std::string Recurrent::Body::suffix(int index) const {
  const int layer = index / per_layer();
  const bool reverse = directions.empty() ? false : directions[index].reverse;
  return "_l" + std::to_string(layer) + (per_layer() == 2 && reverse ? "_reverse" : "");
}

const Cell& Recurrent::Body::cell_of(int layer) const {
  const std::string& lowest = cell->info.lowest;
  return layer > 0 || lowest.empty() ? *cell : find_cell(lowest);
}

const std::vector<int>& Recurrent::Body::gives(int layer) const {
  return layer == options.num_layers - 1 ? cell->info.gives : cell->info.hands_up;
}

namespace {

/// Whether the layer has a per-unit parameter of its cell: a peephole may be left out.
bool has_unit(const RecurrentOptions& o, const UnitInfo& unit) {
  constexpr std::string_view peephole = "peephole_";
  return !unit.name.starts_with(peephole) ||
         o.peepholes.find(unit.name.substr(peephole.size())) != std::string::npos;
}

}  // namespace

Direction make_direction(const Recurrent::Body& body, int index, DType dtype) {
  const RecurrentOptions& o = body.options;
  const int layer = index / body.per_layer();
  const Cell& cell = body.cell_of(layer);
  const int through_matrix = body.layer_input(layer) - cell.info.below * o.hidden_size;
  return dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    const PanelKernels<T>& panels = panel_kernels<T>();
    Direction d{
        CellLayout(cell, through_matrix, o.hidden_size, panels.lanes, panels.widest, o.structure,
                   o.dropout.untied()),
        o.switches,
        o.direction == DirectionOf::reverse || (o.direction == DirectionOf::both && index % 2 == 1),
        {},
        {},
        {},
        {},
        {},
        {},
        0};
    d.layout.gives = body.gives(layer);
    d.weights = Variable(Tensor({d.layout.packed_size()}, dtype), true);
    const auto bias = [&](bool input_side) {
      const bool any = !d.layout.bias_rows(input_side).empty();
      return any ? Variable(Tensor({d.layout.bias_size()}, dtype), true) : Variable();
    };
    if (o.biases >= 1) d.bias_input = bias(true);
    if (o.biases >= 2) d.bias_hidden = bias(false);
    if (d.layout.projects())
      d.projection = Variable(Tensor({d.layout.projection_size()}, dtype), true);
    for (int k = 0; k < d.layout.units; ++k)
      if (!has_unit(o, cell.info.units[k])) d.units_left_out |= 1u << k;
    if (d.layout.units > 0)
      d.units = Variable(Tensor({d.layout.unit_size()}, dtype), !d.units_all_left_out());
    if (d.layout.normed > 0) d.affine = Variable(Tensor({d.layout.affine_size()}, dtype), true);
    return d;
  });
}

namespace {

/// The parts of the packed weights that stand in a matrix of files.
template <class F>
void for_each_part(const CellLayout& layout, const NeutralMatrix& matrix, F&& f) {
  for (int p = 0; p < layout.parts(); ++p)
    if (const Part part = part_at(p); &layout.matrix(part) == &matrix && !layout.tied(part))
      f(part, layout.packed_offset(part));
}

Shape shape_of(const CellLayout& layout, const NeutralMatrix& matrix) {
  return {static_cast<int64_t>(matrix.rows.size()) * layout.hidden_size, matrix.columns};
}
Shape bias_shape(const CellLayout& layout, bool input_side) {
  return {static_cast<int64_t>(layout.bias_rows(input_side).size()) * layout.hidden_size};
}
Shape projection_shape(const CellLayout& layout) { return {layout.out, layout.hidden_size}; }
const char* bias_name(bool input_side) { return input_side ? "bias_ih" : "bias_hh"; }

/// Calls f(number, name) for every per-unit parameter that the direction has.
template <class F>
void for_each_unit_parameter(const Direction& d, F&& f) {
  for (int k = 0; k < d.layout.units; ++k)
    if ((d.units_left_out >> k & 1) == 0) f(k, d.layout.cell->info.units[k].name);
}

/// Calls f(norm, whether the shift, name, shape) for the gain and the shift of every norm.
template <class F>
void for_each_norm(const CellLayout& layout, F&& f) {
  const auto& norms = layout.cell->info.norms;
  for (size_t i = 0; i < norms.size(); ++i)
    for (const bool shift : {false, true})
      f(static_cast<int>(i), shift, norms[i].name + (shift ? "_shift" : "_gain"),
        Shape{int64_t{norms[i].count} * layout.hidden_size});
}

}  // namespace

NamedTensors direction_tensors(const Recurrent::Body& body, int index, bool gradients) {
  const Direction& d = body.directions[index];
  const CellLayout& layout = d.layout;
  const std::string suffix = body.suffix(index);
  NamedTensors tensors;
  const auto values = [&](const Variable& v) { return gradients ? gradient_of(v) : v.value(); };
  dispatch(body.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Tensor packed = values(d.weights);
    for (const NeutralMatrix& matrix : layout.matrices) {
      if (matrix.rows.empty()) continue;
      Tensor neutral(shape_of(layout, matrix), body.dtype);
      for_each_part(layout, matrix, [&](Part part, int64_t at) {
        unpack_weights(layout, part, packed.data<T>() + at, neutral.data<T>());
      });
      tensors.emplace_back(matrix.name + suffix, neutral);
    }
    for (bool input_side : {true, false}) {
      const Variable& bias = input_side ? d.bias_input : d.bias_hidden;
      const Shape shape = bias_shape(layout, input_side);
      if (!bias.defined() || shape.numel() == 0) continue;
      Tensor neutral(shape, body.dtype);
      unpack_bias(layout, input_side, values(bias).template data<T>(), neutral.data<T>());
      tensors.emplace_back(bias_name(input_side) + suffix, neutral);
    }
    if (d.projection.defined()) {
      Tensor neutral(projection_shape(layout), body.dtype);
      unpack_projection(layout, values(d.projection).template data<T>(), neutral.data<T>());
      tensors.emplace_back("weight_hr" + suffix, neutral);
    }
    for_each_unit_parameter(d, [&](int k, const std::string& name) {
      Tensor neutral({layout.hidden_size}, body.dtype);
      unpack_unit(layout, k, values(d.units).template data<T>(), neutral.data<T>());
      tensors.emplace_back(name + suffix, neutral);
    });
    for_each_norm(layout, [&](int i, bool shift, const std::string& name, const Shape& shape) {
      Tensor neutral(shape, body.dtype);
      unpack_norm(layout, i, shift, values(d.affine).template data<T>(), neutral.data<T>());
      tensors.emplace_back(name + suffix, neutral);
    });
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
  const std::string suffix = body.suffix(index);
  dispatch(body.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (const NeutralMatrix& matrix : layout.matrices) {
      if (matrix.rows.empty()) continue;
      const Tensor neutral =
          checked(state, matrix.name + suffix, shape_of(layout, matrix), body.dtype);
      for_each_part(layout, matrix, [&](Part part, int64_t at) {
        pack_weights(layout, part, neutral.data<T>(), d.weights.value().data<T>() + at);
      });
    }
    for (bool input_side : {true, false}) {
      Variable& bias = input_side ? d.bias_input : d.bias_hidden;
      const Shape shape = bias_shape(layout, input_side);
      if (!bias.defined() || shape.numel() == 0) continue;
      const Tensor neutral = checked(state, bias_name(input_side) + suffix, shape, body.dtype);
      pack_bias(layout, input_side, neutral.data<T>(), bias.value().data<T>());
    }
    if (d.projection.defined()) {
      const Tensor neutral =
          checked(state, "weight_hr" + suffix, projection_shape(layout), body.dtype);
      pack_projection(layout, neutral.data<T>(), d.projection.value().data<T>());
    }
    for_each_unit_parameter(d, [&](int k, const std::string& name) {
      const Tensor neutral = checked(state, name + suffix, {layout.hidden_size}, body.dtype);
      pack_unit(layout, k, neutral.data<T>(), d.units.value().data<T>());
    });
    for_each_norm(layout, [&](int i, bool shift, const std::string& name, const Shape& shape) {
      const Tensor neutral = checked(state, name + suffix, shape, body.dtype);
      pack_norm(layout, i, shift, neutral.data<T>(), d.affine.value().data<T>());
    });
  });
}

void check_state(const Recurrent::Body& body, int64_t batch, const RecurrentState& state) {
  const RecurrentOptions& o = body.options;
  const int states = static_cast<int>(body.cell->info.states.size());
  const auto want = [&](int k) {
    return Shape{int64_t{o.num_layers} * body.per_layer(), batch, body.width(k)};
  };
  if (state.steps.defined() && state.steps.numel() != batch)
    fail_config("layer.shape", o.cell + " steps",
                "has shape " + state.steps.shape().to_string() + ", the batch " +
                    std::to_string(batch) + " rows",
                "give the steps that each row has gone");
  // Made only to be thrown: a state that fits costs no memory.
  const auto where = [&](int k) { return o.cell + " state " + std::to_string(k); };
  for (int k = 0; k < max_states; ++k) {
    const Variable& v = state.values[k];
    if (!v.defined()) continue;
    if (k >= states)
      fail_config("layer.shape", where(k),
                  o.cell + " has " + std::to_string(states) + (states == 1 ? " state" : " states"),
                  "leave the others undefined");
    if (!(v.shape() == want(k)))
      fail_config("layer.shape", where(k),
                  "has shape " + v.shape().to_string() + ", the layer needs " + want(k).to_string(),
                  "states are [num_layers * directions, B, H]");
    if (v.dtype() != body.dtype)
      fail_config("layer.dtype", where(k), "state and parameters differ in number type",
                  "convert one of them with to()");
  }
}

namespace {

/// Keras' recurrent kernel [H, G·H] with orthonormal rows, as the neutral matrix [G·H, H].
void fill_recurrent_keras(Tensor& hidden, Generator& generator) {
  const int64_t rows = hidden.size(0), h = hidden.size(1);
  Tensor fused({h, rows});
  fill_orthogonal(fused, generator);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < h; ++j)
      hidden.data<float>()[i * h + j] = fused.data<float>()[j * rows + i];
}

/// Of every unit, what the forget gate's bias is at the start; empty: what all biases are.
std::vector<double> first_forget_biases(const RecurrentOptions& o, int layer) {
  std::vector<double> biases;
  const bool keras = o.initialization == "keras";
  if (keras || !std::isnan(o.forget_bias))
    biases.assign(o.hidden_size, std::isnan(o.forget_bias) ? 1.0 : o.forget_bias);
  else if (o.initialization == "xlstm") {
    const int blocks = o.num_blocks > 0 ? o.num_blocks : o.num_layers;
    const double depth = static_cast<double>(o.block_index + layer) / std::max(blocks - 1, 1);
    const int head = o.hidden_size / o.structure.heads;
    for (int j = 0; j < o.hidden_size; ++j) {
      const double place = static_cast<double>(j % head) / std::max(head - 1, 1);
      biases.push_back(5 - 12 * std::pow(place, 0.3 + 1.3 * depth));
    }
  }
  return biases;
}

/// Sets the forget gate's biases; the second vector's part is zero, so that the sum is the value.
void set_forget_biases(const CellLayout& layout, const std::vector<double>& biases, bool input_side,
                       Tensor& bias) {
  const std::vector<int> rows = layout.bias_rows(input_side);
  for (size_t block = 0; block < rows.size(); ++block)
    for (const GateInfo& gate : layout.cell->info.gates)
      if (gate.row == rows[block] && gate.name == "f")
        for (size_t j = 0; j < biases.size(); ++j)
          bias.data<float>()[block * biases.size() + j] =
              input_side ? static_cast<float>(biases[j]) : 0.f;
}

void fill_matrices(const CellLayout& layout, const std::string& initialization, double bound,
                   Generator& generator, std::vector<Tensor>& matrices) {
  for (const NeutralMatrix& matrix : layout.matrices)
    matrices.emplace_back(Tensor(shape_of(layout, matrix)));
  for (size_t i = 0; i < matrices.size(); ++i) {
    if (matrices[i].numel() == 0) continue;
    if (initialization == "pytorch")
      fill_uniform(matrices[i], bound, generator);
    else if (initialization == "xlstm" && i == 0)
      fill_normal(matrices[i], std::sqrt(0.4 / static_cast<double>(matrices[i].size(1))),
                  generator);
    else if (initialization == "xlstm")
      continue;  // zeros
    else if (i == 0)
      fill_glorot_uniform(matrices[i], {matrices[i].size(1), matrices[i].size(0)}, generator);
    else
      fill_recurrent_keras(matrices[i], generator);
  }
}

void fill_unit(const UnitInfo& unit, double bound, Generator& generator, Tensor& values) {
  const bool own = unit.low != 0 || unit.high != 0;
  generator.uniform(values.values<float>(), static_cast<float>(own ? unit.low : -bound),
                    static_cast<float>(own ? unit.high : bound));
}

}  // namespace

std::vector<std::string> initializations_of(const std::string& cell) {
  std::vector<std::string> names = {"pytorch", "keras"};
  if (cell == "slstm") names.push_back("xlstm");
  return names;
}

NamedTensors initial_tensors(const Recurrent::Body& body, int index, Generator& generator) {
  const RecurrentOptions& o = body.options;
  const Direction& d = body.directions[index];
  const CellLayout& layout = d.layout;
  const bool pytorch = o.initialization == "pytorch";
  const double bound = 1 / std::sqrt(static_cast<double>(o.hidden_size));
  std::vector<Tensor> matrices;
  fill_matrices(layout, o.initialization, bound, generator, matrices);
  NamedTensors tensors;
  for (size_t i = 0; i < matrices.size(); ++i)
    if (matrices[i].numel() > 0)
      tensors.emplace_back(layout.matrices[i].name + body.suffix(index), matrices[i]);
  const std::vector<double> forget = first_forget_biases(o, index / body.per_layer());
  for (bool input_side : {true, false}) {
    const Shape shape = bias_shape(layout, input_side);
    if (o.biases < (input_side ? 1 : 2) || shape.numel() == 0) continue;
    Tensor bias(shape);
    if (pytorch) fill_uniform(bias, bound, generator);
    if (!forget.empty()) set_forget_biases(layout, forget, input_side, bias);
    tensors.emplace_back(bias_name(input_side) + body.suffix(index), bias);
  }
  if (layout.projects()) {
    Tensor values(projection_shape(layout));
    if (pytorch)
      fill_uniform(values, bound, generator);
    else
      fill_glorot_uniform(values, {o.hidden_size, layout.out}, generator);
    tensors.emplace_back("weight_hr" + body.suffix(index), values);
  }
  for_each_unit_parameter(d, [&](int k, const std::string& name) {
    Tensor values({o.hidden_size});
    fill_unit(layout.cell->info.units[k], bound, generator, values);
    tensors.emplace_back(name + body.suffix(index), values);
  });
  for_each_norm(layout, [&](int, bool shift, const std::string& name, const Shape& shape) {
    tensors.emplace_back(name + body.suffix(index), Tensor::full(shape, shift ? 0 : 1, DType::f32));
  });
  return tensors;
}

}  // namespace sluice
