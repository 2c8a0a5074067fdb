// A module made of modules.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/layers/module.h"

namespace sluice {

/// Derive, hold layers, parameters and buffers as members, name them with add(), add_parameter()
/// and add_buffer() in the constructor and write forward(): parameters, state, gradients, mode and
/// type then follow from the members. Own tensors come before those of the layers.
class Composite : public Module {
 public:
  std::vector<Variable> parameters() const override;
  NamedTensors state() const override;
  NamedTensors gradients() const override;
  int64_t parameter_count() const override;
  int64_t buffer_count() const override;
  void load_state(const NamedTensors& state) override;
  void train(bool on = true) override;
  bool keep_masks(bool on) override;
  Variable take_penalty() override;
  void to(DType dtype) override;
  void set_mask_key(MaskKey& key) override;
  /// Its layers by name, in order.
  std::vector<std::pair<std::string, const Module*>> children() const;

 protected:
  /// The child must live as long as this module; its tensors are called "<name>.<tensor>".
  void add(std::string name, Module& child);
  /// A parameter that starts from `value`; its name and shape are those of state(). The handle is
  /// the member to keep.
  Variable add_parameter(std::string name, const Tensor& value);
  /// Numbers that belong to the state but are not trained, as running means are.
  Variable add_buffer(std::string name, const Tensor& value);

 private:
  struct Own {
    std::string name;
    Variable tensor;
    bool trained;
  };
  Variable add_own(std::string name, const Tensor& value, bool trained);
  void check_name(const std::string& name) const;

  std::vector<Own> own_;
  struct Child {
    std::string name;
    Module* module;
  };
  std::vector<Child> children_;
};

}  // namespace sluice
