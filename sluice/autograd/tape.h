// Runs recorded operations backwards.
#pragma once

#include <vector>

namespace sluice {

class Node;

/// The nodes that still wait for their turn. Operations are numbered as they are made, so the
/// waiting node of the highest number has received every gradient it ever will.
class Tape {
 public:
  /// Runs backward() of every node that `root` depends on, then frees what they kept.
  static void run(Node* root);

 private:
  Tape();
  ~Tape();
  void push(Node* node);
  Node* pop();
  void run_one(Node* node);

  std::vector<Node*> waiting_;  // a heap by id; each holds a reference
};

}  // namespace sluice
