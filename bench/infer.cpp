// One call of a stack on a batch, all outputs.
#include <memory>

#include "bench/stack.h"

namespace sluice {
namespace {

std::function<void()> prepare(const BenchCase& c) {
  if (c.mode != "infer") return nullptr;
  auto stack = std::make_shared<Recurrent>(stack_of(c));
  auto x = std::make_shared<Variable>(input_of(c));
  return [stack, x] {
    const NoGrad no_grad;
    stack->run(*x);
  };
}

}  // namespace
}  // namespace sluice

int main() { return sluice::serve(sluice::prepare, nullptr); }
