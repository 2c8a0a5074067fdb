// Activation functions as layers.
#pragma once

#include "sluice/layers/module.h"

namespace sluice {

/// Applies one function of autograd/pointwise.h to every number.
class Activation : public Module {
 public:
  explicit Activation(Variable (*function)(const Variable&)) : function_(function) {}
  Variable forward(const Variable& x, const Padding&) override { return function_(x); }

 private:
  Variable (*function_)(const Variable&);
};

/// The same for functions with a parameter: leaky_relu's slope, elu's alpha.
class ParametricActivation : public Module {
 public:
  ParametricActivation(Variable (*function)(const Variable&, double), double parameter)
      : function_(function), parameter_(parameter) {}
  Variable forward(const Variable& x, const Padding&) override { return function_(x, parameter_); }

 private:
  Variable (*function_)(const Variable&, double);
  double parameter_;
};

}  // namespace sluice
