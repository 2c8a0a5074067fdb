#include "sluice/tensor/tensor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "sluice/tensor/elementwise.h"
#include "sluice/tensor/reduce.h"
#include "support/failure.h"

namespace sluice {
namespace {

using test::failure_id;

Tensor counting(const Shape& shape) {
  std::vector<float> values(shape.numel());
  std::iota(values.begin(), values.end(), 0.0f);
  return Tensor::from(std::span<const float>(values), shape);
}

TEST(Tensor, StartsAtZeroAligned) {
  for (DType dtype : {DType::f32, DType::f64}) {
    const Tensor tensor({3, 5}, dtype);
    EXPECT_EQ(tensor.dtype(), dtype);
    for (int i = 0; i < 15; ++i) EXPECT_EQ(tensor.item(i), 0);
    dispatch(dtype, [&](auto zero) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data<decltype(zero)>()) % 64, 0u);
    });
  }
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor a = counting({2, 3});
  EXPECT_TRUE(a.unique());
  Tensor shared = a, clone = a.clone();
  EXPECT_FALSE(a.unique());
  a.data<float>()[4] = 40;
  EXPECT_EQ(shared.item(4), 40);
  EXPECT_EQ(clone.item(4), 4);
  shared = Tensor();
  EXPECT_TRUE(a.unique());
  const Tensor moved = std::move(a);
  EXPECT_FALSE(a.defined());  // NOLINT: a moved-from tensor holds nothing
  EXPECT_EQ(moved.item(4), 40);
}

TEST(Tensor, ReshapeSharesTheElements) {
  Tensor a = counting({2, 3});
  Tensor b = a.reshape({3, 2});
  b.data<float>()[5] = -1;
  EXPECT_EQ(a.item(5), -1);
  EXPECT_EQ(b.shape().to_string(), "[3,2]");
}

TEST(Tensor, ConvertsBetweenTypes) {
  const Tensor a = counting({4});
  const Tensor d = a.to(DType::f64);
  EXPECT_EQ(d.dtype(), DType::f64);
  EXPECT_EQ(d.item(3), 3);
  const Tensor same = a.to(DType::f32);
  EXPECT_EQ(same.data<float>(), a.data<float>());
}

TEST(Tensor, FillsAndCopies) {
  Tensor a = Tensor::full({3}, 2.5, DType::f64);
  EXPECT_EQ(a.item(2), 2.5);
  Tensor b({3}, DType::f64);
  b.copy_from(a);
  EXPECT_EQ(b.item(0), 2.5);
  a.fill(1);
  EXPECT_EQ(b.item(0), 2.5);
}

TEST(Tensor, MayBeEmpty) {
  const Tensor empty({0, 3});
  EXPECT_TRUE(empty.defined());
  EXPECT_EQ(empty.numel(), 0);
  EXPECT_EQ(empty.values<float>().size(), 0u);
}

TEST(Tensor, RefusesWrongUse) {
  Tensor a = counting({2, 3});
  EXPECT_EQ(failure_id([&] { a.data<double>(); }), "tensor.dtype");
  EXPECT_EQ(failure_id([&] { Tensor().data<float>(); }), "tensor.undefined");
  EXPECT_EQ(failure_id([&] { a.reshape({4}); }), "tensor.reshape");
  EXPECT_EQ(failure_id([&] { a.item(6); }), "tensor.index");
  EXPECT_EQ(failure_id([&] { a.copy_from(Tensor({3, 2})); }), "tensor.copy");
  EXPECT_EQ(failure_id([&] { a.copy_from(Tensor({2, 3}, DType::f64)); }), "tensor.copy");
  EXPECT_EQ(failure_id([&] { Tensor({2, -1}); }), "tensor.shape");
  EXPECT_EQ(failure_id([&] { Tensor({INT64_C(1) << 40, INT64_C(1) << 40}); }), "tensor.size");
  const std::vector<double> two = {1, 2};
  EXPECT_EQ(failure_id([&] { Tensor::from(std::span<const double>(two), {3}); }), "tensor.size");
}

TEST(TensorArithmetic, AddsAndScalesInPlace) {
  for (int64_t count : {5, 100'000}) {
    Tensor a = Tensor::full({count}, 3), b = Tensor::full({count}, 4);
    add_in_place(a, b);
    scale_in_place(a, 0.5);
    EXPECT_EQ(a.item(0), 3.5);
    EXPECT_EQ(a.item(count - 1), 3.5);
  }
  Tensor a({3}), b({4});
  EXPECT_EQ(failure_id([&] { add_in_place(a, b); }), "tensor.add");
}

TEST(TensorReduce, SumsAreExactWhereTheyCanBe) {
  const int64_t count = 200'003;
  const Tensor ones = Tensor::full({count}, 0.1);
  EXPECT_NEAR(sum_all(ones), count * static_cast<double>(0.1f), 1e-6);
  EXPECT_EQ(sum_all(counting({7})), 21);
  EXPECT_EQ(sum_squares(counting({4})), 14);
  EXPECT_EQ(sum_all(Tensor({0})), 0);
}

TEST(TensorReduce, SumsRows) {
  for (int64_t columns : {1, 3, 64, 200}) {
    const int64_t rows = 1000;
    Tensor x = Tensor::uninitialized({rows, columns});
    for (int64_t i = 0; i < x.numel(); ++i)
      x.data<float>()[i] = static_cast<float>(i % columns + 1);
    Tensor sums = Tensor::full({columns}, 5);
    add_row_sums(sums, x);
    for (int64_t j = 0; j < columns; ++j)
      EXPECT_EQ(sums.item(j), 5 + static_cast<double>(rows * (j + 1)));
  }
}

}  // namespace
}  // namespace sluice
