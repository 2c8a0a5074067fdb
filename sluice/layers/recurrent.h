// Recurrent layers: any cell of the registry, stacked, in either direction or both.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/base/random.h"
#include "sluice/base/registry.h"
#include "sluice/engine/step_masks.h"
#include "sluice/layers/module.h"

namespace sluice {

/// Of every step, of each row's last true step, or none: the states are all that is wanted, as of
/// an encoder.
enum class Outputs { all, last, none };
enum class PaddedOutput { zero, hold };  ///< behind a short row: zeros, or its last output
enum class DirectionOf { forward, reverse, both };

struct RecurrentOptions {
  std::string cell = "lstm";
  int input_size = 1, hidden_size = 1, num_layers = 1;
  DirectionOf direction = DirectionOf::forward;
  bool batch_first = false;  ///< x [B,T,I] instead of [T,B,I]
  Outputs outputs = Outputs::all;
  PaddedOutput padded_output = PaddedOutput::zero;
  int biases = 2;  ///< bias vectors of a gate: 2 (PyTorch), 1 (Keras, papers) or 0
  CellSwitches switches = {};
  RecurrentDropout dropout = {};
  /// Recompute by segments while training: only the states before every so many steps are kept and
  /// what lies between is computed again going back: the same bits from a fraction of the memory,
  /// for the time of one more forward pass. Rounded up to where the weights' gradients are added
  /// anyway. 0: off.
  int segment = 0;
  CellStructure structure = {};   ///< heads, clocks, a projection
  std::string peepholes = "ifo";  ///< of the gates that the cell has peepholes for, those it uses
  /// Or "keras"; of an sLSTM also "xlstm", as its authors' code starts it: the input's weights
  /// N(0, 2/(5 I)), the recurrent ones and the biases 0 but for the forget gate's, which run within
  /// every head from 5 to -7 by a power that rises from layer to layer, 0.3 to 1.6.
  std::string initialization = "pytorch";
  /// For "xlstm": which block of its model the first layer is, from 0, and how many there are; 0:
  /// as many as the stack has layers.
  int block_index = 0, num_blocks = 0;
  /// Sum of the forget gate's biases at the start; NaN leaves what the initialisation gives
  /// (PyTorch: random, Keras: 1, xLSTM: by unit).
  double forget_bias = std::numeric_limits<double>::quiet_NaN();
};

/// One tensor [num_layers * directions, B, H] for each state of the cell: h, then c where there is
/// one. Undefined means zeros. Layers count first, as in PyTorch's h_n.
struct RecurrentState {
  std::array<Variable, max_states> values;
  Tensor steps = {};  ///< [B] f64, steps that each row has gone, where clocks tick; undefined: none
  /// The same values, cut off from how they were made: the state that the next piece of a long
  /// sequence starts from in truncated backpropagation through time.
  RecurrentState detach() const;
  Variable& h() { return values[0]; }
  Variable& c() { return values[1]; }
  const Variable& h() const { return values[0]; }
  const Variable& c() const { return values[1]; }
};

struct RecurrentResult {
  Variable output;  ///< [T,B,D·H] or [B,T,D·H]; with Outputs::last [B,D·H]; undefined with none
  RecurrentState state;
};

class Recurrent : public Module {
 public:
  /// Parameters are drawn from `generator` in PyTorch's order: layer by layer, direction by
  /// direction, weight_ih, weight_hh, bias_ih, bias_hh.
  Recurrent(const RecurrentOptions& options, Generator& generator);
  ~Recurrent() override;

  /// The whole sequence from the given state; the new state is that after each row's last true
  /// step. Throws Error "layer.shape" or "layer.lengths".
  RecurrentResult run(const Variable& x, const RecurrentState& state = {},
                      const Padding& padding = {}) const;
  Variable forward(const Variable& x, const Padding& padding = {}) override;

  /// The cell's.
  std::string type_name() const override { return options().cell; }
  void set_mask_key(MaskKey& key) override;
  bool keep_masks(bool on) override;
  std::vector<Variable> parameters() const override;
  /// weight_ih_l0 [G·H,I], weight_hh_l0 [G·H,H], bias_ih_l0 [G·H], … _reverse: PyTorch's names.
  NamedTensors state() const override;
  NamedTensors gradients() const override;
  void load_state(const NamedTensors& state) override;
  void to(DType dtype) override;
  int output_size(int input_size) const override;
  /// Without the recurrent weights that clocks rule out, which files hold as zeros.
  int64_t parameter_count() const override;

  const RecurrentOptions& options() const;
  const CellInfo& cell() const;
  int directions() const { return options().direction == DirectionOf::both ? 2 : 1; }

  struct Body;  ///< the packed parameters; shared with the tape and with streams
  const std::shared_ptr<Body>& body() const { return body_; }

 private:
  MaskRule mask_rule(const RecurrentState& state) const;
  Tensor steps_after(const Variable& x, const RecurrentState& state, const Padding& padding) const;

  std::shared_ptr<Body> body_;
  MaskKey key_;
  mutable uint32_t runs_ = 0;  // with this key
};

/// Runs a forward-only stack one step at a time, without allocation after construction. Reads the
/// layer's parameters as they are at each step. Float layers only.
class RecurrentStream {
 public:
  /// Throws Error "layer.stream" for a layer that needs the future (reverse or both directions).
  RecurrentStream(const Recurrent& layer, int batch = 1);
  ~RecurrentStream();
  RecurrentStream(RecurrentStream&&) noexcept;

  /// x [B,I] in, top layer's h [B,H] out.
  void step(const float* x, float* y);
  /// State as a value: [num_layers, B, H] each, as RecurrentResult::state.
  RecurrentState state() const;
  void set_state(const RecurrentState& state);
  void reset() { set_state({}); }

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

/// For the table of layers: the cell's name and a recipe's options. [B,T,I] in.
std::unique_ptr<Module> make_recurrent(const std::string& cell, const Options& options,
                                       int input_size, Generator& generator);
/// The options that make_recurrent knows for this cell.
std::vector<OptionDoc> recurrent_options(const std::string& cell);

}  // namespace sluice
