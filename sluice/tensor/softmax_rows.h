// Softmax of single rows, which softmax and attention share.
#pragma once

#include <cstdint>
#include <utility>

namespace sluice {

/// y = e^(scale (x − m)), m being the largest of `size` numbers; returns m and the sum of y. x and
/// y may be one.
template <class T>
std::pair<T, double> exponentials(const T* x, T* y, int64_t size, T scale = 1);

/// y = softmax of scale · x, scale > 0. Under `allowed` (or null: all are), what stands over a 0
/// has no part in it and comes out as 0; so do all numbers where none is allowed. x and y may be
/// the same.
template <class T>
void softmax_row(const T* x, const float* allowed, T* y, int64_t size, T scale = 1);

/// dx = scale · y (grad − Σ grad y): the gradient of x, from that of the softmax y. grad and dx may
/// be the same.
template <class T>
void softmax_row_gradient(const T* y, const T* grad, T* dx, int64_t size, T scale = 1);

}  // namespace sluice
