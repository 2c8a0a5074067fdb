// One training step: forward, backward with dL/dy = y, all weight gradients, dX, Adam.
#include <memory>

#include "bench/stack.h"
#include "sluice/train/adam.h"

namespace sluice {
namespace {

struct Training {
  std::unique_ptr<Module> stack;
  std::unique_ptr<Optimizer> optimizer;
  Padding padding;
  Variable x;
  Tensor y;

  explicit Training(const BenchCase& c)
      : stack(layer_of(c)), padding(lengths_of(c)), x(input_of(c), true) {
    optimizer = make_optimizer("adam", Options(), stack->parameters());
  }
  void step() {
    x.zero_grad();
    optimizer->zero_grad();
    const Variable output = stack->forward(x, padding);
    y = output.value();
    output.backward(y);
    optimizer->step(1e-3);
  }
  double loss() const {
    double sum = 0;
    for (float v : y.values<float>()) sum += 0.5 * v * v;
    return sum;
  }
};

std::function<void()> prepare(const BenchCase& c) {
  if (c.mode != "train") return nullptr;
  auto training = std::make_shared<Training>(c);
  return [training] { training->step(); };
}

BenchProbe check(const BenchCase& c) {
  Training training(c);
  training.step();
  BenchProbe probe{training.loss(), 0, 0};
  for (float v : training.x.grad().values<float>()) probe.gradient += double{v} * v;
  training.step();
  probe.next_loss = training.loss();
  return probe;
}

}  // namespace
}  // namespace sluice

int main() { return sluice::serve(sluice::prepare, sluice::check, sluice::work_of); }
