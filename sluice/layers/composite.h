// A module made of modules.
#pragma once

#include <string>
#include <vector>

#include "sluice/layers/module.h"

namespace sluice {

/// Derive, hold layers as members, name them with add() in the constructor and write forward():
/// parameters, state, gradients, mode and type then follow from the members.
class Composite : public Module {
 public:
  std::vector<Variable> parameters() const override;
  NamedTensors state() const override;
  NamedTensors gradients() const override;
  int64_t parameter_count() const override;
  void load_state(const NamedTensors& state) override;
  void train(bool on = true) override;
  void to(DType dtype) override;
  void set_mask_key(MaskKey& key) override;

 protected:
  /// The child must live as long as this module; its tensors are called "<name>.<tensor>".
  void add(std::string name, Module& child);

 private:
  struct Child {
    std::string name;
    Module* module;
  };
  std::vector<Child> children_;
};

}  // namespace sluice
