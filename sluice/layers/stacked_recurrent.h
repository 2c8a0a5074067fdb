// Recurrent layers on top of each other in more ways than Recurrent's own: sizes of their own,
// merged directions, skips, dilations and dropout.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/layers/dropout.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

class OwnSteps;

enum class Merge { concat, sum, mean, multiply };  ///< of the outputs of both directions

/// residual: a layer's input is added to its output where the two are equally wide; a layer where
/// they are not (often the first) has no skip. dense: a layer reads the stack's input and the
/// outputs of all layers below, one behind the other; the stack's output is the top layer's.
enum class Skip { none, residual, dense };

struct StackedOptions {
  RecurrentOptions layer;         ///< what the layers have in common; its outputs are the stack's
  std::vector<int> hidden_sizes;  ///< units of each layer, instead of hidden_size and num_layers
  Merge merge = Merge::concat;
  Skip skip = Skip::none;
  /// How many steps before the state stands that a step reads: one number, or one a layer. With a
  /// dilation d, masks inside the recurrence are drawn for every d-th step of a row on its own.
  std::vector<int> dilation = {1};
  /// Rates while training: between layers (PyTorch's), on the first layer's input and on the
  /// stack's output (Zaremba's, with the first). Between layers it falls on the outputs alone, not
  /// on what a skip adds.
  double dropout = 0, input_dropout = 0, output_dropout = 0;

  /// Width of the output of a layer of so many units.
  int width_of(int hidden_size) const {
    const int h = layer.structure.projection > 0 ? layer.structure.projection : hidden_size;
    return layer.direction == DirectionOf::both && merge == Merge::concat ? 2 * h : h;
  }
};

/// One layer of a stack.
struct StackedLayer {
  std::unique_ptr<Recurrent> cells;
  int dilation;
  bool residual;  ///< whether its input is added to its output
};

struct StackedResult {
  Variable output;  ///< [T,B,W] or [B,T,W]; with Outputs::last [B,W]; undefined with none
  std::vector<RecurrentState> states;  ///< of each layer, [D·d,B,H]: d its dilation
};

class StackedRecurrent : public Module {
 public:
  /// Parameters are drawn as Recurrent draws them. Throws Error "layer.stack" for options that
  /// have no meaning together.
  StackedRecurrent(const StackedOptions& options, Generator& generator);

  /// The whole sequence, with a state for each layer or none. With dilation d a layer's state holds
  /// those after its last d steps, the oldest first; directions are outermost, as everywhere.
  StackedResult run_layers(const Variable& x, const std::vector<RecurrentState>& states = {},
                           const Padding& padding = {});
  /// The same with the layers' states behind one another as Recurrent has them: without dilation
  /// [L·D,B,H]. Throws Error "layer.shape" where layers differ in size.
  RecurrentResult run(const Variable& x, const RecurrentState& state = {},
                      const Padding& padding = {});
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  /// The cell's.
  std::string type_name() const override { return options_.layer.cell; }

  std::vector<Variable> parameters() const override;
  /// Recurrent's names: weight_ih_l0, weight_hh_l0, … weight_ih_l1_reverse.
  NamedTensors state() const override;
  NamedTensors gradients() const override;
  void load_state(const NamedTensors& state) override;
  void train(bool on = true) override;
  bool keep_masks(bool on) override;
  void to(DType dtype) override;
  void set_mask_key(MaskKey& key) override;
  int output_size(int input_size) const override;

  const StackedOptions& options() const { return options_; }
  const std::vector<StackedLayer>& layers() const { return layers_; }

 private:
  RecurrentOptions layer_options(int layer, int input_size) const;
  Variable merged(const Variable& y) const;
  Variable skipped(const Variable& input, const OwnSteps& steps, int layer) const;
  void check_input(const Variable& x, const std::vector<RecurrentState>& states) const;

  StackedOptions options_;
  std::vector<StackedLayer> layers_;
  std::vector<Dropout> dropouts_;  // of each layer's input, then of the output
};

/// Runs a forward-only stack one step at a time, without allocation after construction. Reads the
/// parameters as they are at each step; nothing is dropped. Float stacks only.
class StackedStream {
 public:
  /// Throws Error "layer.stream" for a stack that needs the future (reverse or both directions).
  explicit StackedStream(const StackedRecurrent& stack, int batch = 1);

  /// x [B,I] in, the stack's output [B,H] out.
  void step(const float* x, float* y);
  /// States as a value, as StackedResult::states.
  std::vector<RecurrentState> states() const;
  void set_states(const std::vector<RecurrentState>& states);
  void reset() { set_states({}); }

 private:
  struct Layer {
    std::vector<RecurrentStream> streams;  // one for each residue of the dilation
    int next = 0;                          // whose state is the oldest
    int input_size, output_size;
    bool residual;
    std::vector<float> output;  // [B,H]
  };
  const float* input_of(size_t layer, const float* x);

  std::string cell_;
  int batch_;
  std::vector<Layer> layers_;
  std::vector<float> below_;  // of a dense stack: [B,I + H + …]
};

/// Throws Error "layer.stack" for options that have no meaning together, "layer.size" and
/// "layer.dropout" for numbers out of range.
void check_stacked(const StackedOptions& options);

/// For make_recurrent: a layer with what `options` say of its stacking, which is a plain Recurrent
/// where that is all they ask for.
std::unique_ptr<Module> make_stacked(const RecurrentOptions& layer, const Options& options,
                                     Generator& generator);
/// The options that make_stacked knows.
std::vector<OptionDoc> stacking_options();

}  // namespace sluice
