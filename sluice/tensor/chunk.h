// Long arrays are cut into fixed chunks, so that threads share them without changing a bit.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sluice/base/parallel.h"
#include "sluice/tensor/tensor.h"

namespace sluice {

constexpr int64_t chunk_size = 8192;
/// Below this many elements waking the threads costs more than it gives.
constexpr int64_t least_parallel = 65536;
/// The same for products, in multiply-adds.
constexpr int64_t least_parallel_products = 1 << 20;

struct Range {
  int64_t begin, size;
};
/// Part i of `parts` of `all`, as equal as they go.
constexpr Range part_of(int64_t all, int64_t i, int64_t parts) {
  const int64_t begin = i * all / parts;
  return {begin, (i + 1) * all / parts - begin};
}

/// Calls body(i) for i in [0, count); threads share them where they are worth it.
template <class Body>
void for_pieces(int64_t count, bool worth_threads, const Body& body) {
  if (worth_threads)
    parallel_for(count, body);
  else
    for (int64_t i = 0; i < count; ++i) body(i);
}

/// Calls body(begin, end) for every chunk of [0, count).
template <class Body>
void for_chunks(int64_t count, Body&& body) {
  if (count < least_parallel) {
    for (int64_t begin = 0; begin < count; begin += chunk_size)
      body(begin, std::min(begin + chunk_size, count));
    return;
  }
  parallel_for((count + chunk_size - 1) / chunk_size, [&](int64_t chunk) {
    body(chunk * chunk_size, std::min((chunk + 1) * chunk_size, count));
  });
}

/// Sum, in order, of the doubles that piece(i) returns for i in [0, count); threads share them
/// where they are worth it.
template <class Piece>
double sum_pieces(int64_t count, bool worth_threads, Piece&& piece) {
  double total = 0;
  if (!worth_threads) {
    for (int64_t i = 0; i < count; ++i) total += piece(i);
    return total;
  }
  Tensor partial = Tensor::uninitialized({count}, DType::f64);
  double* const sums = partial.data<double>();
  parallel_for(count, [&](int64_t i) { sums[i] = piece(i); });
  for (int64_t i = 0; i < count; ++i) total += sums[i];
  return total;
}

/// Sum over the chunks, in order, of the doubles that body(begin, end) returns.
template <class Body>
double sum_chunks(int64_t count, Body&& body) {
  return sum_pieces((count + chunk_size - 1) / chunk_size, count >= least_parallel,
                    [&](int64_t chunk) {
                      return body(chunk * chunk_size, std::min((chunk + 1) * chunk_size, count));
                    });
}

/// Sum of value(i) for i in [begin, end), in eight chains of doubles that a compiler can vectorise.
template <class Value>
double sum_lanes(int64_t begin, int64_t end, Value&& value) {
  constexpr int lanes = 8;
  double sums[lanes] = {};
  int64_t i = begin;
  for (; i + lanes <= end; i += lanes)
    for (int lane = 0; lane < lanes; ++lane) sums[lane] += value(i + lane);
  for (int lane = 0; i < end; ++i, ++lane) sums[lane] += value(i);
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

}  // namespace sluice
