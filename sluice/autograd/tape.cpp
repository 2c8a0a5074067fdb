#include "sluice/autograd/tape.h"

#include <algorithm>
#include <utility>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"

namespace sluice {

namespace {

// The memory of the last run on this thread, so that a warmed backward() does not allocate.
thread_local std::vector<Node*> spare;

bool runs_later(const Node* a, const Node* b) { return a->id() < b->id(); }

}  // namespace

Tape::Tape() { waiting_.swap(spare); }

Tape::~Tape() {
  while (!waiting_.empty()) {  // only after an exception
    Node* const node = pop();
    for (Tensor& grad : node->grads_) grad = Tensor();
    Node::release(node);
  }
  waiting_.swap(spare);
}

void Tape::push(Node* node) {
  waiting_.push_back(node);
  std::push_heap(waiting_.begin(), waiting_.end(), runs_later);
  node->queued_ = true;
  node->retain();
}

Node* Tape::pop() {
  std::pop_heap(waiting_.begin(), waiting_.end(), runs_later);
  Node* const node = waiting_.back();
  waiting_.pop_back();
  node->queued_ = false;
  return node;
}

void Tape::run_one(Node* node) {
  if (node->spent_)
    fail_config("autograd.spent", "Variable::backward",
                "part of the graph was freed by an earlier backward()",
                "run the forward pass again");
  node->backward(node->grads_);
  node->spent_ = true;
  for (Tensor& grad : node->grads_) grad = Tensor();
  for (int i = 0; i < node->input_count_; ++i) {
    Node* const source = node->inputs_[i].node();
    if (source && !source->queued_ && source->received_grad()) push(source);
    node->inputs_[i] = Variable();
  }
}

void Tape::run(Node* root) {
  Tape tape;
  tape.push(root);
  while (!tape.waiting_.empty()) {
    Node* const node = tape.pop();
    // Holds the reference push() took, also where backward() throws.
    struct Held {
      Node* node;
      ~Held() { Node::release(node); }
    } const held{node};
    tape.run_one(node);
  }
}

}  // namespace sluice
