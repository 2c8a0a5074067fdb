// A tensor that remembers how it was made, so that gradients can flow back.
#pragma once

#include <initializer_list>

#include "sluice/tensor/tensor.h"

namespace sluice {

class Node;

/// A handle to a tensor in the graph: copying shares. Leaves are parameters and inputs; every
/// operation on Variables that require gradients records one Node.
class Variable {
 public:
  Variable() = default;
  Variable(Tensor value, bool requires_grad = false);  // NOLINT: a tensor is a constant variable
  Variable(const Variable& other);
  Variable(Variable&& other) noexcept;
  Variable& operator=(Variable other) noexcept;
  ~Variable();

  bool defined() const { return body_ != nullptr; }
  const Tensor& value() const;
  Tensor& value();
  const Shape& shape() const { return value().shape(); }
  DType dtype() const { return value().dtype(); }
  bool requires_grad() const;
  void set_requires_grad(bool requires_grad);

  /// Gradient a leaf received from backward(); undefined until something flowed here. Results of
  /// operations give theirs up as soon as it has flowed on.
  const Tensor& grad() const;
  Tensor& grad();
  /// Adds to the gradient. The first one may be shared instead of copied where nobody can see it.
  void accumulate_grad(const Tensor& grad) const;
  /// The gradient buffer, allocated and zeroed if undefined: for kernels that add in place.
  Tensor& grad_buffer() const;
  /// The same for kernels that can write every number instead: whether they must.
  struct GradTarget {
    Tensor& buffer;
    bool overwrite;  ///< what the buffer holds is to be forgotten
  };
  GradTarget grad_target() const;
  /// Makes the gradient zero, keeping its buffer; the zeros are written when someone looks.
  void zero_grad() const;

  /// Runs the tape from this scalar (or with `seed` as its gradient) and frees the graph.
  void backward() const;
  void backward(const Tensor& seed) const;

  /// The same value, cut off from the graph.
  Variable detach() const;

  /// For operations: the result `value`, made by `node` (which is taken over). Node may be null.
  static Variable from_node(Tensor value, Node* node, int output_index = 0);
  Node* node() const;

 private:
  struct Body;
  Tensor& grad_slot() const;
  Tensor& settled_grad() const;
  void check_defined() const;

  Body* body_ = nullptr;
};

/// True while operations are recorded; NoGrad switches recording off in a scope.
bool grad_enabled();
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool previous_;
};

}  // namespace sluice
