// One step of one series, the state kept from call to call; sizes known only at run time.
#include <memory>
#include <vector>

#include "bench/stack.h"

namespace sluice {
namespace {

std::function<void()> prepare(const BenchCase& c) {
  if (c.mode != "stream") return nullptr;
  struct Streaming {
    Recurrent stack;
    RecurrentStream stream;
    Tensor x;
    std::vector<float> y;
  };
  const Recurrent stack = stack_of(c);
  auto s = std::make_shared<Streaming>(
      Streaming{stack, RecurrentStream(stack), input_of(c), std::vector<float>(c.hidden_size)});
  return [s] { s->stream.step(std::as_const(s->x).data<float>(), s->y.data()); };
}

}  // namespace
}  // namespace sluice

int main() { return sluice::serve(sluice::prepare, nullptr); }
