// How gradients travel: sharing, accumulation, freeing, depth.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/arrange.h"
#include "sluice/autograd/matmul.h"
#include "sluice/autograd/node.h"
#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/reduce.h"
#include "support/allocation_counter.h"
#include "support/failure.h"

namespace sluice {
namespace {

Variable parameter(std::vector<float> values) {
  const auto count = static_cast<int64_t>(values.size());
  return Variable(Tensor::from(std::span<const float>(values), {count}), true);
}

using test::failure_id;

TEST(Graph, GradientsOfAProduct) {
  const Variable a = parameter({2, 3}), b = parameter({5, 7});
  sum(a * b).backward();
  EXPECT_EQ(a.grad().item(0), 5);
  EXPECT_EQ(a.grad().item(1), 7);
  EXPECT_EQ(b.grad().item(0), 2);
}

TEST(Graph, AVariableUsedTwiceReceivesBoth) {
  const Variable a = parameter({3});
  const Variable b = a * a;
  sum(b * b + b + a).backward();  // a⁴ + a² + a
  EXPECT_EQ(a.grad().item(), 4 * 27 + 2 * 3 + 1);
}

// Both inputs of a sum are handed the same tensor; adding to one must not change the other.
TEST(Graph, SharedGradientsStayApart) {
  const Variable a = parameter({1}), b = parameter({1});
  const Variable x = 2 * a, y = 3 * b;
  const Variable once = reshape(x, {1, 1}) + reshape(y, {1, 1});
  sum(once + reshape(x, {1, 1})).backward();
  EXPECT_EQ(a.grad().item(), 4);
  EXPECT_EQ(b.grad().item(), 3);
}

TEST(Graph, LeavesAccumulateUntilZeroed) {
  const Variable a = parameter({1, 1});
  for (int i = 1; i <= 3; ++i) {
    sum(a * 2).backward();
    EXPECT_EQ(a.grad().item(), 2 * i);
  }
  const float* const buffer = a.grad().data<float>();
  a.zero_grad();
  EXPECT_EQ(a.grad().item(), 0);
  sum(a * 2).backward();
  EXPECT_EQ(a.grad().data<float>(), buffer) << "a parameter keeps its buffer";
}

TEST(Graph, ZeroedGradientsForgetWhatTheyHeldHoweverTheyAreFilled) {
  const Variable a = parameter({2, 1});
  const auto dirty = [&] {
    a.grad_buffer().fill(7);
    a.zero_grad();
  };
  dirty();
  a.accumulate_grad(Tensor::full({2}, 3, a.dtype()));
  EXPECT_EQ(a.grad().item(1), 3);
  dirty();
  EXPECT_EQ(a.grad_buffer().item(1), 0);
  dirty();
  EXPECT_TRUE(a.grad_target().overwrite);
  EXPECT_FALSE(a.grad_target().overwrite) << "what was written since is kept";
  dirty();
  const Tensor seen = a.grad();
  a.grad_buffer().fill(1);
  EXPECT_EQ(seen.item(0), 0) << "what someone holds does not change";
}

TEST(Graph, SeedsWeighTheResult) {
  const Variable a = parameter({1, 2});
  const std::vector<float> seed = {10, 100};
  (a * a).backward(Tensor::from(std::span<const float>(seed), {2}));
  EXPECT_EQ(a.grad().item(0), 20);
  EXPECT_EQ(a.grad().item(1), 400);
}

TEST(Graph, NothingIsRecordedWithoutNeed) {
  const Variable a = parameter({1}), constant(Tensor({1}));
  EXPECT_EQ((constant * 2).node(), nullptr);
  EXPECT_NE((a * 2).node(), nullptr);
  {
    const NoGrad off;
    EXPECT_FALSE(grad_enabled());
    EXPECT_EQ((a * 2).node(), nullptr);
  }
  EXPECT_TRUE(grad_enabled());
  EXPECT_EQ((a.detach() * 2).node(), nullptr);
}

TEST(Graph, ConstantsReceiveNothing) {
  const Variable a = parameter({1}), constant(Tensor::full({1}, 4));
  sum(a * constant).backward();
  EXPECT_FALSE(constant.grad().defined());
}

TEST(Graph, RefusesWrongUse) {
  const Variable a = parameter({1, 2});
  EXPECT_EQ(failure_id([&] { a.backward(); }), "autograd.scalar");
  EXPECT_EQ(failure_id([&] { Variable(Tensor({1})).backward(); }), "autograd.no_grad");
  const Variable loss = sum(a * a);
  loss.backward();
  EXPECT_EQ(failure_id([&] { loss.backward(); }), "autograd.spent");
  EXPECT_EQ(failure_id([&] { Variable().value(); }), "autograd.undefined");
  EXPECT_EQ(failure_id([&] { a.accumulate_grad(Tensor({3})); }), "autograd.grad_shape");
  EXPECT_EQ(failure_id([&] { loss.detach(), Variable(loss).set_requires_grad(false); }),
            "autograd.not_leaf");
}

TEST(Graph, PartsOfASpentGraphAreRefused) {
  const Variable a = parameter({1});
  const Variable middle = a * 2;
  sum(middle * 3).backward();
  EXPECT_EQ(failure_id([&] { sum(middle * 4).backward(); }), "autograd.spent");
}

// A chain this long would exhaust the stack if freeing or running it were recursive.
TEST(Graph, DepthIsNoObstacle) {
  constexpr int depth = 100'000;
  const Variable a = parameter({1});
  for (bool run : {false, true}) {
    Variable x = a;
    for (int i = 0; i < depth; ++i) x = x + a;
    if (run) sum(x).backward();
  }
  EXPECT_EQ(a.grad().item(), depth + 1);
}

class Counted : public Node {
 public:
  Counted(const Variable& x, int& alive) : Node({x}), alive_(alive) { ++alive_; }
  ~Counted() override { --alive_; }
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    input(0).accumulate_grad(grads[0]);
  }

 private:
  int& alive_;
};

TEST(Graph, IsFreedWithItsResult) {
  int alive = 0;
  const Variable a = parameter({1});
  {
    const Variable b = Variable::from_node(a.value(), new Counted(a, alive));
    const Variable c = b * 2;
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  {
    Variable b = Variable::from_node(a.value(), new Counted(a, alive));
    const Variable c = sum(b * 2);
    b = Variable();
    c.backward();
    EXPECT_EQ(alive, 0) << "backward frees what the result held";
  }
}

class Throwing : public Node {
 public:
  explicit Throwing(const Variable& x) : Node({x}) {}
  void backward(const std::array<Tensor, max_outputs>&) override {
    fail_config("test.thrown", "", "");
  }
};

TEST(Graph, AnExceptionLeavesNothingBehind) {
  int alive = 0;
  const Variable a = parameter({1});
  {
    const Variable counted = Variable::from_node(a.value(), new Counted(a, alive));
    const Variable bad = Variable::from_node(counted.value(), new Throwing(counted));
    EXPECT_EQ(failure_id([&] { sum(bad + counted).backward(); }), "test.thrown");
  }
  EXPECT_EQ(alive, 0);
  sum(a * 3).backward();
  EXPECT_EQ(a.grad().item(), 3);
}

// Splits a pair; the second output may be left unused.
class Halves : public Node {
 public:
  explicit Halves(const Variable& x) : Node({x}) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    Tensor& to = input(0).grad_buffer();
    for (int i = 0; i < 2; ++i)
      if (grads[i].defined()) to.data<float>()[i] += static_cast<float>(grads[i].item());
  }
};

TEST(Graph, NodesMayHaveSeveralOutputs) {
  for (bool use_both : {false, true}) {
    const Variable a = parameter({3, 4});
    Node* const node = new Halves(a);
    const Variable first = Variable::from_node(Tensor::full({1}, 3), node, 0);
    const Variable second = Variable::from_node(Tensor::full({1}, 4), node, 1);
    sum(use_both ? first * second : first * 5).backward();
    EXPECT_EQ(a.grad().item(0), use_both ? 4 : 5);
    EXPECT_EQ(a.grad().item(1), use_both ? 3 : 0);
  }
}

double update(const Variable& x, const Variable& w, const Variable& b) {
  for (const Variable& parameter : {w, b}) parameter.zero_grad();
  const Variable y = relu(linear(x, w, b));
  const Variable loss = mean(square(slice(concat({y, tanh(y)}, 1), 1, 2, 7)));
  loss.backward();
  return loss.value().item();
}

TEST(Graph, AWarmedStepNeverTouchesTheHeap) {
  if (!test::can_count_allocations()) GTEST_SKIP() << "the sanitizer owns the heap";
  const Variable x(Tensor::full({16, 3}, 0.5)), w(Tensor::full({5, 3}, 0.1), true),
      b(Tensor({5}), true);
  const double first = update(x, w, b);
  update(x, w, b);
  const test::AllocationCounter counter;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(update(x, w, b), first);
  EXPECT_EQ(counter.count(), 0);
}

}  // namespace
}  // namespace sluice
