// What the engine knows of a cell: its description, and its pointwise functions for this processor.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice {

constexpr int max_gates = 14, max_states = 5, max_units = 6, max_messages = 3, max_below = 2;
/// What a step returns: states and outputs.
constexpr int max_values = 6;

/// Run-time choices of a layer; the usual ones (tanh, tanh, sigmoid) have compiled paths.
struct CellSwitches {
  enum class Activation { tanh, relu };
  enum class Gate { sigmoid, hard_sigmoid, hard_sigmoid_keras2 };
  Activation activation = Activation::tanh;         ///< of the candidate
  Activation output_activation = Activation::tanh;  ///< of the cell, on its way out
  Gate gate = Gate::sigmoid;
  bool update_sign = false;  ///< GRU: z multiplies the candidate instead of the old state
  /// Bound of what goes into a gate or the candidate's activation (ONNX' attribute); 0: none.
  double clip = 0;

  bool usual() const {
    return activation == Activation::tanh && output_activation == Activation::tanh &&
           gate == Gate::sigmoid && !update_sign && clip == 0;
  }
};

/// One group of `lanes` units over some rows. z is [rows][slots][lanes].
template <class T>
struct PointwiseTask {
  T* z;
  ptrdiff_t z_stride;
  T* record;  ///< [rows][record][lanes], of a cell whose record does not stand in z
  ptrdiff_t record_stride;
  int rows;
  CellSwitches switches;

  const T* old_state[max_states];
  ptrdiff_t old_stride[max_states];
  T* new_state[max_values];  ///< forward only; outputs behind the states
  ptrdiff_t new_stride[max_values];
  const T* below[max_below];  ///< memories of the layer below
  ptrdiff_t below_stride[max_below];

  /// Messages are written going forward and read going back; their gradients come from, and the
  /// step's own part of them goes to, grad_message.
  T* message[max_messages];
  T* grad_message[max_messages];
  ptrdiff_t message_stride;

  const T* units;  ///< [units][lanes] of this group
  T* grad_units;   ///< [units][lanes], added to

  /// Factors of the update and of the new cell, a row `mask_stride` apart; null: none.
  const T* update_mask;
  const T* cell_mask;
  ptrdiff_t mask_stride;
  /// How much of a state is new, 0 to 1; null: all of it. A row `select_stride` apart.
  const T* select[max_states];
  ptrdiff_t select_stride;

  /// Backward: on entry the gradient of the new states, on return the part of the old states'
  /// gradient that does not pass through a product.
  T* grad_state[max_states];
  ptrdiff_t grad_stride[max_states];
  T* grad_below[max_below];  ///< written, whatever it holds; null: not wanted
  ptrdiff_t grad_below_stride[max_below];
  /// Added to the gradient of a new state, or all there is of an output's: what reaches it from
  /// the layer above. May be null.
  const T* add[max_values];
  ptrdiff_t add_stride;
  const ptrdiff_t* add_rows;  ///< where each row begins; null: the stride apart
  ptrdiff_t add_next;         ///< with add_rows: to what the next call adds, fetched early
  ptrdiff_t add_row(int row) const { return add_rows ? add_rows[row] : row * add_stride; }
};

struct GateInfo {
  std::string name;
  int reads;  ///< 1 input, 2 hidden state, 4, 8, 16 messages, 32 the input's own unit
  int row;
  bool biased;
};
/// Bits of GateInfo::reads.
constexpr int reads_input = 1, reads_hidden = 2, reads_message = 4, reads_raw = 32;
constexpr int reads_recurrent = reads_hidden | 7 * reads_message;

/// A per-unit parameter and the bounds it is drawn between; both 0: those of the weights.
struct UnitInfo {
  std::string name;
  double low, high;
};

/// Neighbouring pre-activations, or one message, that are layer-normalised in one.
struct NormInfo {
  std::string name;
  int first, count;
  bool of_message;
};

/// Which of a layer's choices the cell's equations ask for.
struct CellUses {
  bool gate = false, activation = false, output_activation = false, keep = false;
  bool dropped_update = false, dropped_cell = false;
  bool kinks = false;  ///< has them, whatever the layer's activations
};

/// A cell as declared in its file.
struct CellInfo {
  std::string name, title;
  std::vector<GateInfo> gates;
  std::vector<std::string> states;
  std::vector<bool> reads_state;  ///< false: a state that no step asks for (SRU's h)
  bool reads_h_itself = false;    ///< an equation does, not only a matrix
  std::vector<UnitInfo> units;
  std::vector<std::string> messages;
  bool step_reads_message = false;  ///< itself, not only what the recurrent matrix makes of it
  bool message_needed = false;      ///< its value, by the way back through the step
  bool reads_sent_message = false;  ///< and the matrix makes something of one, too
  int tied = 0;  ///< messages, as bits of reads, that pass through another source's weights
  std::vector<NormInfo> norms;
  std::vector<int> periods;          ///< of clocks, where a layer names none
  std::vector<std::string> outputs;  ///< values behind the states; empty: h is the output
  std::vector<int> gives;            ///< values that are the output, by number; {0}: h
  std::vector<int> hands_up;         ///< and that a layer of the same cell above reads
  int below = 0;                     ///< memories of the layer below that it reads
  std::string lowest;                ///< the cell of the lowest layer; empty: the same
  CellUses uses;
  int slots = 0;   ///< vectors a unit's row of z needs: pre-activations, then what was recorded
  int record = 0;  ///< of what was recorded, where that stands apart; 0: in z
  std::vector<std::string> equations;  ///< printed from the declaration, for the documentation
};

template <class T>
struct RowTask;

template <class T>
struct CellKernel {
  int lanes;
  /// [0] the usual activations, [1] any.
  void (*message[2])(const PointwiseTask<T>&);
  void (*forward[2])(const PointwiseTask<T>&);
  void (*backward[2])(const PointwiseTask<T>&);
  void (*message_backward[2])(const PointwiseTask<T>&);
  /// Products and equations of so many whole steps, for one group of units and the usual
  /// activations (see row_step.h); null for a cell with a message. Each layer goes a step behind
  /// the one before it: their chains overlap. [1] where half a vector holds the units and the
  /// inputs.
  void (*row_forward[2])(RowTask<T>* const* layers, int count, int steps);
  void (*row_backward[2])(RowTask<T>* const* layers, int count, int steps);
};

/// A cell's row in the registry; the build makes one source a row (see cell_source.h).
struct Cell {
  CellInfo info;
  const CellKernel<float>& (*f32)();
  const CellKernel<double>& (*f64)();

  template <class T>
  const CellKernel<T>& kernel() const {
    if constexpr (sizeof(T) == sizeof(float))
      return f32();
    else
      return f64();
  }
};

/// Throws Error "layer.unknown_cell" with the nearest name.
const Cell& find_cell(const std::string& name);
std::vector<std::string> cell_names();
/// Adds a cell from outside the library: what a program does with a cell of its own.
bool register_cell(const Cell& (*cell)());

}  // namespace sluice
