// The general product: every form of it, to the bit.
#include "sluice/tensor/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "sluice/base/parallel.h"
#include "sluice/base/random.h"
#include "sluice/tensor/panel.h"

namespace sluice {
namespace {

/// a b + c as the instruction set in use does it: SSE4 has no fused multiply-add.
template <class T>
T mul_add(T a, T b, T c) {
  static const bool fused = std::string(simd_target()) != "SSE4";
  return fused ? std::fma(a, b, c) : a * b + c;
}

template <class T>
std::vector<T> random_numbers(int64_t count, uint64_t seed) {
  std::vector<T> numbers(static_cast<size_t>(count));
  Generator generator(seed);
  generator.uniform(std::span<T>(numbers), T(-1), T(1));
  return numbers;
}

struct Product {
  int64_t m, n, k;
  Trans trans_a = Trans::no, trans_b = Trans::no;
  bool accumulate = false;
  int64_t slack = 0;  ///< columns of each matrix that belong to something else
};

std::string text(const Product& p) {
  return std::to_string(p.m) + "x" + std::to_string(p.n) + "x" + std::to_string(p.k) +
         (p.trans_a == Trans::yes ? " a'" : " a") + (p.trans_b == Trans::yes ? " b'" : " b") +
         (p.accumulate ? " accumulated" : "") + " slack " + std::to_string(p.slack);
}

/// The operands of a product and what C holds before it.
template <class T>
struct Operands {
  explicit Operands(const Product& p)
      : a_stride((p.trans_a == Trans::yes ? p.m : p.k) + p.slack),
        b_stride((p.trans_b == Trans::yes ? p.k : p.n) + p.slack),
        c_stride(p.n + p.slack),
        a(random_numbers<T>(a_stride * (p.trans_a == Trans::yes ? p.k : p.m), 1)),
        b(random_numbers<T>(b_stride * (p.trans_b == Trans::yes ? p.n : p.k), 2)),
        c(random_numbers<T>(c_stride * p.m, 3)) {}
  int64_t a_stride, b_stride, c_stride;
  std::vector<T> a, b, c;
};

template <class T>
std::vector<T> run(const Product& p) {
  Operands<T> o(p);
  gemm(p.trans_a, p.trans_b, p.m, p.n, p.k, o.a.data(), o.a_stride, o.b.data(), o.b_stride,
       o.c.data(), o.c_stride, p.accumulate);
  return o.c;
}

/// One chain for each number, in the order of k.
template <class T>
std::vector<T> reference(const Product& p) {
  Operands<T> o(p);
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j) {
      T& c = o.c[static_cast<size_t>(i * o.c_stride + j)];
      T sum = p.accumulate ? c : T(0);
      for (int64_t k = 0; k < p.k; ++k) {
        const int64_t at_a = p.trans_a == Trans::yes ? k * o.a_stride + i : i * o.a_stride + k;
        const int64_t at_b = p.trans_b == Trans::yes ? j * o.b_stride + k : k * o.b_stride + j;
        sum = mul_add(o.a[static_cast<size_t>(at_a)], o.b[static_cast<size_t>(at_b)], sum);
      }
      c = sum;
    }
  return o.c;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

std::vector<Product> products() {
  std::vector<Product> rows;
  const int64_t sizes[][3] = {{1, 1, 1},   {1, 17, 5},   {2, 3, 300},  {5, 64, 7},   {7, 65, 33},
                              {13, 31, 2}, {16, 48, 1},  {130, 9, 20}, {129, 50, 3}, {6, 130, 700},
                              {1, 53, 13}, {1, 280, 37}, {34, 1, 39},  {146, 1, 258}};
  for (const auto& [m, n, k] : sizes)
    for (Trans trans_a : {Trans::no, Trans::yes})
      for (Trans trans_b : {Trans::no, Trans::yes})
        for (bool accumulate : {false, true})
          rows.push_back({m, n, k, trans_a, trans_b, accumulate, m % 2 ? 3 : 0});
  return rows;
}

template <class T>
class Gemm : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Types);

// What stands beside C's columns is compared too: it must not change.
TYPED_TEST(Gemm, IsOneChainForEachNumber) {
  for (const Product& p : products())
    EXPECT_TRUE(same_bits(run<TypeParam>(p), reference<TypeParam>(p))) << text(p);
}

// A row to begin from is the same as that row in all of C.
TYPED_TEST(Gemm, BeginsFromTheRowThatIsGiven) {
  using T = TypeParam;
  for (const Product& p : products()) {
    if (!p.accumulate) continue;
    Operands<T> o(p);
    const std::vector<T> start = random_numbers<T>(p.n, 4);
    std::vector<T> filled = o.c;
    for (int64_t i = 0; i < p.m; ++i)
      std::copy(start.begin(), start.end(), filled.begin() + i * o.c_stride);
    const auto multiply = [&](std::vector<T>& c, bool accumulate, const T* row) {
      gemm(p.trans_a, p.trans_b, p.m, p.n, p.k, o.a.data(), o.a_stride, o.b.data(), o.b_stride,
           c.data(), o.c_stride, accumulate, row);
    };
    multiply(filled, true, nullptr);
    multiply(o.c, false, start.data());
    EXPECT_TRUE(same_bits(filled, o.c)) << text(p);
  }
}

TYPED_TEST(Gemm, NothingToAddIsZeroOrWhatWasThere) {
  const Product none{3, 5, 0};
  for (TypeParam value : run<TypeParam>(none)) EXPECT_EQ(value, 0);
  const Product kept{3, 5, 0, Trans::no, Trans::no, true};
  EXPECT_TRUE(same_bits(run<TypeParam>(kept), Operands<TypeParam>(kept).c));
  for (const Product& empty : {Product{0, 5, 3}, Product{3, 0, 3}})
    EXPECT_TRUE(run<TypeParam>(empty).empty());
}

TYPED_TEST(Gemm, ThreadsChangeNoBit) {
  // More than a million products: wide; few panels and some rows; many rows and a long chain; one;
  // one column.
  const int64_t sizes[][3] = {
      {7, 1700, 90}, {70, 210, 90}, {150, 20, 800}, {1, 1500, 750}, {1300, 1, 300}};
  for (const auto& [m, n, k] : sizes)
    for (Trans trans_a : {Trans::no, Trans::yes}) {
      const Product large{m, n, k, trans_a, Trans::yes, true, n == 1 ? 0 : 1};
      set_num_threads(1);
      const std::vector<TypeParam> alone = run<TypeParam>(large);
      for (int threads : {2, 3, 5}) {
        set_num_threads(threads);
        EXPECT_TRUE(same_bits(alone, run<TypeParam>(large)))
            << text(large) << ", " << threads << " threads";
      }
      set_num_threads(0);
      EXPECT_TRUE(same_bits(alone, reference<TypeParam>(large))) << text(large);
    }
}

// So many columns and rows that neither all panels are packed at once nor the whole chain.
TYPED_TEST(Gemm, AGreatProductIsItsParts) {
  const Product all{121, 2720, 385};
  Operands<TypeParam> o(all);
  const std::vector<TypeParam> whole = run<TypeParam>(all);
  std::vector<TypeParam> parts(whole.size());
  for (int64_t first = 0; first < all.n; first += 85)
    gemm(Trans::no, Trans::no, all.m, 85, all.k, o.a.data(), o.a_stride, o.b.data() + first,
         o.b_stride, parts.data() + first, o.c_stride, false);
  EXPECT_TRUE(same_bits(whole, parts));
}

TYPED_TEST(Gemm, RowsDoNotKnowOfEachOther) {
  const Product all{37, 70, 200};
  Operands<TypeParam> o(all);
  const std::vector<TypeParam> together = run<TypeParam>(all);
  for (int64_t i = 0; i < all.m; ++i) {
    std::vector<TypeParam> row(static_cast<size_t>(all.n));
    gemm(Trans::no, Trans::no, 1, all.n, all.k, o.a.data() + i * all.k, o.a_stride, o.b.data(),
         o.b_stride, row.data(), all.n, false);
    EXPECT_EQ(std::memcmp(row.data(), together.data() + i * all.n, row.size() * sizeof(row[0])), 0)
        << "row " << i;
  }
}

TYPED_TEST(Gemm, NaNStaysInItsRowAndColumn) {
  const Product p{5, 20, 9};
  Operands<TypeParam> o(p);
  o.a[2 * 9 + 4] = std::numeric_limits<TypeParam>::quiet_NaN();
  gemm(p.trans_a, p.trans_b, p.m, p.n, p.k, o.a.data(), o.a_stride, o.b.data(), o.b_stride,
       o.c.data(), o.c_stride, false);
  for (int64_t i = 0; i < p.m; ++i)
    for (int64_t j = 0; j < p.n; ++j)
      EXPECT_EQ(std::isnan(o.c[static_cast<size_t>(i * p.n + j)]), i == 2) << i << "," << j;
}

}  // namespace
}  // namespace sluice
