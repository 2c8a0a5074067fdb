// One recorded operation of the tape.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "sluice/autograd/variable.h"

namespace sluice {

/// Derive, keep what backward needs, and implement backward(). Allocated from the pool, so a
/// warmed training step makes no heap call; freed when the graph is.
class Node {
 public:
  static constexpr int max_inputs = 8, max_outputs = 8;

  explicit Node(std::initializer_list<Variable> inputs);
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// `grads[i]` is the gradient of output i, undefined where nothing flowed. Adds to the inputs
  /// with Variable::accumulate_grad or grad_buffer, only where requires_grad() holds.
  virtual void backward(const std::array<Tensor, max_outputs>& grads) = 0;

  const Variable& input(int i) const { return inputs_[i]; }
  int input_count() const { return input_count_; }
  uint64_t id() const { return id_; }

  static void* operator new(std::size_t bytes);
  static void operator delete(void* memory, std::size_t bytes);

 private:
  friend class Variable;
  friend class Tape;

  bool received_grad() const;
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  static void release(Node* node);

  std::array<Variable, max_inputs> inputs_;
  std::array<Tensor, max_outputs> grads_;
  int input_count_ = 0;
  bool queued_ = false;  // waits on the tape
  bool spent_ = false;   // backward() ran; what it kept is gone
  std::atomic<int> references_{0};
  uint64_t id_ = 0;
  Node* next_dead_ = nullptr;
};

/// True if recording is on and any of `inputs` requires a gradient: whether to make a Node.
bool needs_node(std::initializer_list<Variable> inputs);

/// Where the gradient of an input goes, for kernels that can write or add: null where none is asked
/// for. What is not added to must be written to the last number.
template <class T>
struct Target {
  T* at;
  bool add;
};
template <class T>
Target<T> target_of(const Variable& input) {
  if (!input.requires_grad()) return {nullptr, false};
  const Variable::GradTarget wanted = input.grad_target();
  return {wanted.buffer.data<T>(), !wanted.overwrite};
}

}  // namespace sluice
