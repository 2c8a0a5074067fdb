// The network of a forecast: layers over the window, and a linear part beside them.
#pragma once

#include <memory>

#include "sluice/forecast/encoder.h"
#include "sluice/forecast/recipe.h"
#include "sluice/layers/composite.h"

namespace sluice {

/// What a network is built from. Inputs are packed rows [B, steps·step_size + calendar_size].
struct NetworkShape {
  int steps = 1, step_size = 1, calendar_size = 0, horizon = 1;
  bool every_step = false;  ///< [1,T,F] -> [1,T,horizon]: the whole series as one window
};
NetworkShape network_shape(const Encoder& encoder);

/// Layers ending in `horizon` outputs; where the recipe asks for it, a linear map of the flat
/// window and of the calendar is added to their result. It starts from zero, and the layers' head
/// from a tenth, so that training begins at the linear model.
class Network : public Composite {
 public:
  /// Throws Error "config.unknown_layer", "config.unknown_key" or "config.model" (the layers do not
  /// give one row of `horizon` numbers a window).
  Network(const Recipe& recipe, const NetworkShape& shape, Generator& generator);

  /// x [B, steps·step_size + calendar_size] -> [B, horizon], or as NetworkShape::every_step says.
  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int) const override { return shape_.horizon; }

 private:
  void add_linear_part(Generator& generator);
  /// The layer whose numbers the forecast is; nothing but a flatten may stand behind it.
  Module& head();
  void check() const;

  NetworkShape shape_;
  bool linear_on_window_ = false;
  std::unique_ptr<Sequential> layers_;
  std::unique_ptr<Module> linear_;
};

/// Windows as a network's inputs [N, steps·step_size + calendar_size].
Tensor pack(const WindowSet& windows);

/// The layers a recipe's model means, head included, with the defaults a forecast gives them:
/// recurrent layers hand on all steps if another one follows, else the last.
std::vector<LayerChoice> layers_of(const Recipe& recipe, const NetworkShape& shape);

}  // namespace sluice
