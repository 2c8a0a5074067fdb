#include "sluice/layers/composite.h"

#include <utility>

#include "sluice/autograd/arithmetic.h"
#include "sluice/base/error.h"
#include "sluice/layers/parameter.h"

namespace sluice {

namespace {

// The tensors called "<name>.…", without that prefix.
NamedTensors part_of(const NamedTensors& state, const std::string& name) {
  const std::string prefix = name + ".";
  NamedTensors part;
  for (const auto& [full, tensor] : state)
    if (full.starts_with(prefix)) part.emplace_back(full.substr(prefix.size()), tensor);
  return part;
}

void append(NamedTensors& all, const std::string& name, const NamedTensors& part) {
  for (const auto& [short_name, tensor] : part) all.emplace_back(name + "." + short_name, tensor);
}

}  // namespace

void Composite::check_name(const std::string& name) const {
  bool known = false;
  for (const Child& other : children_) known = known || other.name == name;
  for (const Own& other : own_) known = known || other.name == name;
  if (known)
    fail_config("layer.name", name, "two layers of a model have this name", "rename one of them");
}

void Composite::add(std::string name, Module& child) {
  check_name(name);
  children_.push_back({std::move(name), &child});
}

Variable Composite::add_own(std::string name, const Tensor& value, bool trained) {
  check_name(name);
  own_.push_back({std::move(name), Variable(value, trained), trained});
  return own_.back().tensor;
}

Variable Composite::add_parameter(std::string name, const Tensor& value) {
  return add_own(std::move(name), value, true);
}

Variable Composite::add_buffer(std::string name, const Tensor& value) {
  return add_own(std::move(name), value, false);
}

std::vector<Variable> Composite::parameters() const {
  std::vector<Variable> all;
  for (const Own& own : own_)
    if (own.trained) all.push_back(own.tensor);
  for (const Child& child : children_)
    for (Variable& parameter : child.module->parameters()) all.push_back(std::move(parameter));
  return all;
}

NamedTensors Composite::state() const {
  NamedTensors all;
  for (const Own& own : own_) all.emplace_back(own.name, own.tensor.value().clone());
  for (const Child& child : children_) append(all, child.name, child.module->state());
  return all;
}

NamedTensors Composite::gradients() const {
  NamedTensors all;
  for (const Own& own : own_) all.emplace_back(own.name, gradient_of(own.tensor));
  for (const Child& child : children_) append(all, child.name, child.module->gradients());
  return all;
}

int64_t Composite::parameter_count() const {
  int64_t count = 0;
  for (const Own& own : own_) count += own.trained ? own.tensor.value().numel() : 0;
  for (const Child& child : children_) count += child.module->parameter_count();
  return count;
}

int64_t Composite::buffer_count() const {
  int64_t count = 0;
  for (const Own& own : own_) count += own.trained ? 0 : own.tensor.value().numel();
  for (const Child& child : children_) count += child.module->buffer_count();
  return count;
}

void Composite::load_state(const NamedTensors& state) {
  if (children_.empty()) refuse_strangers(state, this->state());
  for (Own& own : own_) load_parameter(own.tensor, state, own.name);
  size_t used = own_.size();
  for (const Child& child : children_) {
    const NamedTensors part = part_of(state, child.name);
    used += part.size();
    try {
      child.module->load_state(part);
    } catch (const Error& error) {  // the child knows only the end of the name
      throw Error(error.code, error.id, child.name + "." + error.where, error.message, error.hint);
    }
  }
  if (used != state.size())
    fail_config("layer.state", "load_state",
                "the state has " + std::to_string(state.size() - used) +
                    " tensors that belong to no layer of this model",
                "load it into a model of the same layers");
}

void Composite::train(bool on) {
  Module::train(on);
  for (const Child& child : children_) child.module->train(on);
}

bool Composite::keep_masks(bool on) {
  bool any = Module::keep_masks(on);
  for (const Child& child : children_) any |= child.module->keep_masks(on);
  return any;
}

Variable Composite::take_penalty() {
  Variable sum;
  for (const Child& child : children_)
    if (const Variable more = child.module->take_penalty(); more.defined())
      sum = sum.defined() ? sum + more : more;
  return sum;
}

void Composite::to(DType dtype) {
  for (Own& own : own_) convert_parameter(own.tensor, dtype);
  for (const Child& child : children_) child.module->to(dtype);
}

std::vector<std::pair<std::string, const Module*>> Composite::children() const {
  std::vector<std::pair<std::string, const Module*>> children;
  for (const Child& child : children_) children.emplace_back(child.name, child.module);
  return children;
}

void Composite::set_mask_key(MaskKey& key) {
  for (const Child& child : children_) child.module->set_mask_key(key);
}

}  // namespace sluice
