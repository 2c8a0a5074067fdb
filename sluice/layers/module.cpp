#include "sluice/layers/module.h"

#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>
#include <utility>

namespace sluice {

int64_t Module::parameter_count() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : state()) count += tensor.numel();
  return count;
}

namespace {

thread_local const CallObserver::Function* observer = nullptr;

}  // namespace

CallObserver::CallObserver(Function function)
    : function_(std::move(function)), previous_(std::exchange(observer, &function_)) {}

CallObserver::~CallObserver() { observer = previous_; }

Variable Module::operator()(const Variable& x, const Padding& padding) {
  Variable result = forward(x, padding);
  if (observer) (*observer)(*this, result);
  return result;
}

std::string Module::type_name() const {
  int status = 0;
  char* const text = abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : typeid(*this).name();
  std::free(text);
  return name.substr(name.rfind(':') + 1);
}

Shape shape_behind(Module& module, const Shape& input) {
  const NoGrad no_grad;
  const bool training = module.training();
  module.eval();
  const Shape shape = module.forward(Variable(Tensor(input))).shape();
  module.train(training);
  return shape;
}

}  // namespace sluice
