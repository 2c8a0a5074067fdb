#include "sluice/autograd/variable.h"

#include <atomic>
#include <new>
#include <string>
#include <utility>

#include "sluice/autograd/node.h"
#include "sluice/autograd/tape.h"
#include "sluice/base/error.h"
#include "sluice/tensor/elementwise.h"
#include "sluice/tensor/pool.h"

namespace sluice {

struct Variable::Body {
  std::atomic<int> references{1};
  Tensor value;
  Tensor grad;           // leaves only: what operations make keeps its gradient in the node
  Node* node = nullptr;  // counted
  int output_index = 0;
  bool requires_grad = false;
  bool zero_owed = false;  // grad counts as zero, whatever it holds

  static void* operator new(std::size_t bytes) { return pool_allocate(bytes); }
  static void operator delete(void* memory, std::size_t bytes) { pool_release(memory, bytes); }
};

namespace {

thread_local bool recording = true;

}  // namespace

bool grad_enabled() { return recording; }
NoGrad::NoGrad() : previous_(std::exchange(recording, false)) {}
NoGrad::~NoGrad() { recording = previous_; }

Variable::Variable(Tensor value, bool requires_grad) : body_(new Body) {
  body_->value = std::move(value);
  body_->requires_grad = requires_grad;
}

Variable::Variable(const Variable& other) : body_(other.body_) {
  if (body_) body_->references.fetch_add(1, std::memory_order_relaxed);
}

Variable::Variable(Variable&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}

Variable& Variable::operator=(Variable other) noexcept {
  std::swap(body_, other.body_);
  return *this;
}

Variable::~Variable() {
  if (!body_ || body_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  Node* const made_by = body_->node;
  delete body_;
  if (made_by) Node::release(made_by);
}

void Variable::check_defined() const {
  if (!body_)
    fail_config("autograd.undefined", "Variable", "the variable holds nothing",
                "construct it from a tensor first");
}

const Tensor& Variable::value() const {
  check_defined();
  return body_->value;
}

Tensor& Variable::value() {
  check_defined();
  return body_->value;
}

bool Variable::requires_grad() const { return body_ && (body_->requires_grad || body_->node); }

void Variable::set_requires_grad(bool requires_grad) {
  check_defined();
  if (body_->node)
    fail_config("autograd.not_leaf", "Variable::set_requires_grad",
                "the result of an operation cannot be made a parameter", "detach() it first");
  body_->requires_grad = requires_grad;
}

Tensor& Variable::grad_slot() const {
  check_defined();
  return body_->node ? body_->node->grads_[body_->output_index] : body_->grad;
}

Tensor& Variable::settled_grad() const {
  Tensor& slot = grad_slot();
  if (body_->zero_owed) {
    slot.fill(0);
    body_->zero_owed = false;
  }
  return slot;
}

const Tensor& Variable::grad() const { return settled_grad(); }
Tensor& Variable::grad() { return settled_grad(); }

void Variable::accumulate_grad(const Tensor& grad) const {
  Tensor& slot = grad_slot();
  if (!(grad.shape() == shape()) || grad.dtype() != dtype())
    fail_config("autograd.grad_shape", "Variable::accumulate_grad",
                "a gradient of shape " + grad.shape().to_string() +
                    " does not fit a value of shape " + shape().to_string(),
                "shape and type must be the same");
  if (!slot.defined()) {
    // A parameter keeps its buffer from step to step, so it must be its own.
    slot = body_->node ? grad : grad.clone();
    return;
  }
  if (!slot.unique()) slot = slot.clone();
  if (std::exchange(body_->zero_owed, false))
    slot.copy_from(grad);
  else
    add_in_place(slot, grad);
}

Variable::GradTarget Variable::grad_target() const {
  Tensor& slot = grad_slot();
  const bool overwrite = !slot.defined() || std::exchange(body_->zero_owed, false);
  if (!slot.defined() || (overwrite && !slot.unique()))
    slot = Tensor::uninitialized(shape(), dtype());
  else if (!slot.unique())
    slot = slot.clone();
  return {slot, overwrite};
}

Tensor& Variable::grad_buffer() const {
  Tensor& slot = settled_grad();
  if (!slot.defined())
    slot = Tensor(shape(), dtype());
  else if (!slot.unique())
    slot = slot.clone();
  return slot;
}

void Variable::zero_grad() const {
  check_defined();
  body_->zero_owed = body_->grad.defined();
}

void Variable::backward() const {
  if (value().numel() != 1)
    fail_config("autograd.scalar", "Variable::backward",
                "only a single number has a gradient of its own, this is " + shape().to_string(),
                "reduce it with sum() or mean(), or pass a seed");
  backward(Tensor::full(shape(), 1, dtype()));
}

void Variable::backward(const Tensor& seed) const {
  if (!requires_grad())
    fail_config("autograd.no_grad", "Variable::backward", "nothing here requires a gradient",
                "make the parameters with requires_grad = true, outside NoGrad");
  if (body_->node && body_->node->spent_)
    fail_config("autograd.spent", "Variable::backward",
                "the graph was freed by an earlier backward()", "run the forward pass again");
  accumulate_grad(seed);
  if (body_->node) Tape::run(body_->node);
}

Variable Variable::detach() const {
  check_defined();
  return Variable(body_->value);
}

Variable Variable::from_node(Tensor value, Node* node, int output_index) {
  Variable result(std::move(value));
  if (!node) return result;
  node->retain();
  result.body_->node = node;
  result.body_->output_index = output_index;
  return result;
}

Node* Variable::node() const { return body_ ? body_->node : nullptr; }

}  // namespace sluice
