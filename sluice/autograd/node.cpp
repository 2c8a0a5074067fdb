#include "sluice/autograd/node.h"

#include <utility>

#include "sluice/base/error.h"
#include "sluice/tensor/pool.h"

namespace sluice {

namespace {

std::atomic<uint64_t> last_id{0};

// Nodes whose last reference is gone. Freeing one may free those before it; the list makes that a
// loop, so that a graph of any depth is freed on a small stack.
thread_local Node* first_dead = nullptr;
thread_local bool freeing = false;

}  // namespace

Node::Node(std::initializer_list<Variable> inputs)
    : id_(last_id.fetch_add(1, std::memory_order_relaxed) + 1) {
  if (inputs.size() > max_inputs)
    fail_config("autograd.inputs", "Node", "an operation has at most 8 inputs",
                "combine some of them first");
  for (const Variable& input : inputs) inputs_[input_count_++] = input;
}

bool Node::received_grad() const {
  for (const Tensor& grad : grads_)
    if (grad.defined()) return true;
  return false;
}

void* Node::operator new(std::size_t bytes) { return pool_allocate(bytes); }
void Node::operator delete(void* memory, std::size_t bytes) { pool_release(memory, bytes); }

void Node::release(Node* node) {
  if (node->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  node->next_dead_ = std::exchange(first_dead, node);
  if (freeing) return;
  freeing = true;
  while (first_dead) {
    Node* const dead = first_dead;
    first_dead = dead->next_dead_;
    delete dead;
  }
  freeing = false;
}

bool needs_node(std::initializer_list<Variable> inputs) {
  if (!grad_enabled()) return false;
  for (const Variable& input : inputs)
    if (input.requires_grad()) return true;
  return false;
}

}  // namespace sluice
