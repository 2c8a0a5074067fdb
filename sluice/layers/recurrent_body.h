// The packed parameters of a recurrent stack.
#pragma once

#include <string>
#include <vector>

#include "sluice/engine/pass.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

struct Recurrent::Body {
  RecurrentOptions options;
  const Cell* cell;
  DType dtype = DType::f32;
  std::vector<Direction> directions;  ///< [layer][direction]

  int per_layer() const { return options.direction == DirectionOf::both ? 2 : 1; }
  /// Units of h; of another state.
  int out() const {
    return options.structure.projection > 0 ? options.structure.projection : options.hidden_size;
  }
  int width(int state) const { return state == 0 ? out() : options.hidden_size; }
  /// The cell that a layer is made of: the lowest may be another one.
  const Cell& cell_of(int layer) const;
  /// Values that a layer's output consists of.
  const std::vector<int>& gives(int layer) const;
  bool gives_h() const { return gives(options.num_layers - 1) == std::vector<int>{0}; }
  /// Columns of a layer's output, of each of its directions; of its input.
  int layer_output(int layer) const { return static_cast<int>(gives(layer).size()) * out(); }
  int layer_input(int layer) const {
    return layer == 0 ? options.input_size : layer_output(layer - 1) * per_layer();
  }
  /// Whether the outputs of all steps are made: of h, the last is a state.
  bool makes_all_outputs() const {
    return options.outputs == Outputs::all || (options.outputs == Outputs::last && !gives_h());
  }
  /// "_l1_reverse"
  std::string suffix(int index) const;
};

/// Throws Error "layer.*" for what no layer may be.
void check_options(const RecurrentOptions& options);
/// Throws Error "layer.*" for what the cell has no place for: it is not left out in silence.
void check_cell(const RecurrentOptions& options, const CellInfo& cell);
/// Empty parameters of one direction, laid out for `dtype` on this processor.
Direction make_direction(const Recurrent::Body& body, int index, DType dtype);
/// Neutral tensors of a direction, of its values or of its gradients.
NamedTensors direction_tensors(const Recurrent::Body& body, int index, bool gradients);
/// The other way; throws Error "layer.state".
void load_direction(Recurrent::Body& body, int index, const NamedTensors& state);
/// Throws Error "layer.shape" or "layer.dtype" for a state that does not fit the layer or `batch`.
void check_state(const Recurrent::Body& body, int64_t batch, const RecurrentState& state);
/// Throws Error "layer.outputs": what forward() says where Outputs::none leaves it nothing.
[[noreturn]] void refuse_no_output();
/// The names of the first values that layers of this cell may have.
std::vector<std::string> initializations_of(const std::string& cell);
/// First values in the neutral layout.
NamedTensors initial_tensors(const Recurrent::Body& body, int index, Generator& generator);

}  // namespace sluice
