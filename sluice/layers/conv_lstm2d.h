// The convolutional LSTM: images for numbers, convolutions for products.
#pragma once

#include <string>

#include "sluice/base/random.h"
#include "sluice/layers/composite.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/window_padding.h"

namespace sluice {

struct ConvLstm2dOptions {
  int in_channels = 1, out_channels = 1;
  int kernel_rows = 1, kernel_columns = 3;
  int stride_rows = 1, stride_columns = 1;  ///< of the input's convolution
  WindowPadding padding = "valid";          ///< of the input's convolution: valid or same
  CellSwitches::Activation activation = CellSwitches::Activation::tanh;
  CellSwitches::Gate recurrent_activation = CellSwitches::Gate::sigmoid;
  bool bias = true;
  Outputs outputs = Outputs::all;
  /// keras: glorot_uniform, an orthogonal recurrent kernel, biases 0 but the forget gate's 1;
  /// pytorch: U(±1/√fan_in) for all.
  std::string initialization = "keras";
  /// For sequences [B,T,C]: so many consecutive steps make one image. 0: images are given.
  int rows = 0, columns = 0;
};

struct ConvLstm2dState {
  Variable h, c;  ///< [B,H',W',out_channels]; undefined: zeros
};

struct ConvLstm2dResult {
  Variable output;  ///< [B,T,H',W',out_channels], with Outputs::last [B,H',W',out_channels]
  ConvLstm2dState state;
};

/// For images x_t [H,W,C] (Shi et al. 2015 without peepholes, as Keras' ConvLSTM2D; * is a
/// convolution, that of h with zeros around it, so that h keeps its size):
///   i, f, o = gate(W * x_t + U * h + b)    g = activation(W * x_t + U * h + b)
///   c' = f c + i g                         h' = o activation(c')
/// Tensors: weight_ih [4·O,C,KH,KW], weight_hh [4·O,O,KH,KW], bias [4·O], blocks in the order i f g
/// o, which is Keras' too; its kernels are [KH,KW,C,4·O].
class ConvLstm2d : public Composite {
 public:
  /// Throws Error "layer.size" for sizes that are not positive.
  ConvLstm2d(const ConvLstm2dOptions& options, Generator& generator);

  /// x [B,T,H,W,C].
  ConvLstm2dResult run(const Variable& x, const ConvLstm2dState& state = {});
  /// The output for x [B,T,H,W,C]; or, where the options have rows and columns, for x
  /// [B,T·rows·columns,C], as a sequence again: [B,T·H'·W',O] or [B,H'·W',O]. Throws Error
  /// "layer.padding" for ragged rows.
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return options_.out_channels; }

 private:
  Variable gates_of_input(const Variable& x) const;
  ConvLstm2dState step(const Variable& gates_of_x, const ConvLstm2dState& before) const;
  Variable activated(const Variable& x) const;
  Variable gate(const Variable& x) const;

  ConvLstm2dOptions options_;
  Variable weight_ih_, weight_hh_, bias_;
};

}  // namespace sluice
