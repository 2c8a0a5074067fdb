// The mLSTM: an LSTM whose cell is a matrix for each head (Beck et al. 2024, "xLSTM").
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/base/random.h"
#include "sluice/base/registry.h"
#include "sluice/layers/module.h"
#include "sluice/layers/recurrent.h"

namespace sluice {

struct MlstmOptions {
  int input_size = 1, hidden_size = 1;
  int heads = 1;             ///< divides hidden_size; d = hidden_size / heads
  bool bias = true;          ///< of q, k, v and the output gate; the other gates always have one
  bool output_gate = true;   ///< h is multiplied by sigmoid(W x + b)
  bool batch_first = false;  ///< x [B,T,I] instead of [T,B,I]
  Outputs outputs = Outputs::all;
  std::string initialization = "pytorch";  ///< of the projections, as of a dense layer; or "keras"
};

/// What a row carries to its next step. Undefined means zeros.
struct MlstmState {
  Variable memory;      ///< C [B,heads,d,d]: a row for each number of the key
  Variable normalizer;  ///< n [B,heads,d]
  Variable stabilizer;  ///< m [B,heads]: C and n stand for exp(m) times what they hold
};

struct MlstmResult {
  Variable output;  ///< [T,B,H] or [B,T,H]; with Outputs::last [B,H]
  MlstmState state;
};

/// The cell alone (section 2.3 and appendix A.2 of the paper): q, k, v and the output gate are
/// projections of x, the input and the forget gate of a head are numbers made of [q; k; v] of all
/// heads. What the paper puts around it (up-projection, causal convolution, norm, skip) is not
/// here.
///   C' = f C + i k vᵀ,  n' = f n + i k,  h = o · C'ᵀq / (max(|n'·q|, exp(−m')) + 1e-6)
/// with k divided by √d, i and f kept in range by m' = max(log sigmoid(f~) + m, i~).
class Mlstm : public Module {
 public:
  /// Parameters are drawn from `generator` in the order of state(). As in the paper's code the two
  /// gates begin with weights 0, biases 3 to 6 (forget) and N(0, 0.1²) (input).
  /// Throws Error "layer.size", "layer.heads" or "config.choice".
  Mlstm(const MlstmOptions& options, Generator& generator);
  ~Mlstm() override;

  /// The whole sequence from the given state; the new state is that after each row's last true
  /// step, outputs behind it are zero. Throws Error "layer.shape", "layer.dtype" or
  /// "layer.lengths".
  MlstmResult run(const Variable& x, const MlstmState& state = {},
                  const Padding& padding = {}) const;
  /// One step, x [B,I] to output [B,H]: the bits of the same step within run().
  MlstmResult step(const Variable& x, const MlstmState& state) const;
  Variable forward(const Variable& x, const Padding& padding = {}) override;

  std::vector<Variable> parameters() const override;
  /// q.weight [H,I], q.bias [H], the same of k, v and output_gate, then input_gate.weight
  /// [heads,3·H], input_gate.bias [heads] and those of forget_gate.
  NamedTensors state() const override;
  NamedTensors gradients() const override;
  void load_state(const NamedTensors& state) override;
  void to(DType dtype) override;
  int output_size(int) const override { return options().hidden_size; }

  const MlstmOptions& options() const;

  struct Body;  ///< the parameters; shared with the tape

 private:
  std::shared_ptr<Body> body_;
};

/// For the table of layers: `num_layers` of them on top of each other, [B,T,I] in.
std::unique_ptr<Module> make_mlstm(const std::string& name, const Options& options, int input_size,
                                   Generator& generator);
std::vector<OptionDoc> mlstm_options();

}  // namespace sluice
