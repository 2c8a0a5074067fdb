// Layers one after the other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/options.h"
#include "sluice/base/random.h"
#include "sluice/layers/composite.h"

namespace sluice {

/// Passes its input through every layer in turn; tensors are called "0.weight", as in PyTorch.
class Sequential : public Composite {
 public:
  Sequential() = default;
  template <class... Layers>
  explicit Sequential(std::unique_ptr<Layers>... layers) {
    (push_back(std::move(layers)), ...);
  }

  void push_back(std::unique_ptr<Module> layer);
  size_t size() const { return layers_.size(); }
  Module& operator[](size_t i) { return *layers_[i]; }

  Variable forward(const Variable& x, const Padding& padding = {}) override;
  int output_size(int input_size) const override;

 private:
  std::vector<std::unique_ptr<Module>> layers_;
};

/// A row of a recipe's model: the name of a registered layer and its options.
struct LayerChoice {
  std::string name;
  Options options;
};

/// Builds the layers in order, each for the output of the one before, for a batch of shape `input`
/// ([B,T,I] for sequences). Where a layer that must know the number of steps is not told it
/// (`steps` of flatten), it is what the layers before it leave.
std::unique_ptr<Sequential> make_sequential(const std::vector<LayerChoice>& layers,
                                            const Shape& input, Generator& generator);
/// The same for inputs of any number of steps.
std::unique_ptr<Sequential> make_sequential(const std::vector<LayerChoice>& layers, int input_size,
                                            Generator& generator);

}  // namespace sluice
