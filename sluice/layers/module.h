// What every layer is: parameters, a forward pass, and a neutral form for files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sluice/autograd/variable.h"
#include "sluice/engine/mask_key.h"
#include "sluice/engine/padding.h"

namespace sluice {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// A layer or a model. Composed as in PyTorch: members are modules, forward() calls them.
class Module {
 public:
  virtual ~Module() = default;

  /// x [B,T,I] for sequence layers unless a layer says otherwise.
  virtual Variable forward(const Variable& x, const Padding& padding = {}) = 0;
  /// The same, as one calls a function: seen by a summary, which forward() alone is not.
  Variable operator()(const Variable& x, const Padding& padding = {});
  /// What kind of layer it is, for people: the name of its class unless it says otherwise.
  virtual std::string type_name() const;

  /// What the optimizer updates, in a fixed order. A layer may hold parameters in a layout of
  /// its own; names and neutral shapes are the business of state().
  virtual std::vector<Variable> parameters() const { return {}; }
  /// Parameters and buffers by name in the neutral layout (PyTorch's names and shapes); copies.
  virtual NamedTensors state() const { return {}; }
  /// Gradients of the last backward() under the same names and shapes as state().
  virtual NamedTensors gradients() const { return {}; }
  /// Takes the tensors by name; throws Error "layer.state" for a missing name or wrong shape.
  virtual void load_state(const NamedTensors& state) { (void)state; }

  /// Training or evaluation mode (dropout).
  virtual void train(bool on = true) { training_ = on; }
  void eval() { train(false); }
  bool training() const { return training_; }
  /// Monte-Carlo dropout: while on, masks are drawn in evaluation mode too. Returns whether the
  /// layer has any.
  virtual bool keep_masks(bool on) {
    keeps_masks_ = on;
    return false;
  }
  bool draws_masks() const { return training_ || keeps_masks_; }
  /// For layers with random masks: take the key and move `key.layer` on by one. Containers pass
  /// it on to every child.
  virtual void set_mask_key(MaskKey& key) { (void)key; }
  /// What the last forward() while training adds to the loss, for the trainer to take; undefined:
  /// nothing.
  virtual Variable take_penalty() { return {}; }
  /// Converts every parameter.
  virtual void to(DType dtype) { (void)dtype; }
  /// Last-axis size of the result for inputs of last-axis size `input_size`.
  virtual int output_size(int input_size) const { return input_size; }

  /// Parameters in the neutral layout, as papers and Keras count them.
  virtual int64_t parameter_count() const;
  /// Numbers of the state that are not trained, which Keras counts apart.
  virtual int64_t buffer_count() const { return 0; }

 private:
  bool training_ = true, keeps_masks_ = false;
};

/// Sees every layer that is called as a function on this thread, and its result, while it lives.
class CallObserver {
 public:
  using Function = std::function<void(const Module& layer, const Variable& result)>;
  explicit CallObserver(Function function);
  ~CallObserver();
  CallObserver(const CallObserver&) = delete;
  CallObserver& operator=(const CallObserver&) = delete;

 private:
  Function function_;
  const Function* previous_;
};

/// What the module makes of a batch of zeros of this shape, in evaluation mode and without a trace.
Shape shape_behind(Module& module, const Shape& input);

}  // namespace sluice
