#include "sluice/train/clip.h"

#include <algorithm>
#include <cmath>

#include "sluice/tensor/chunk.h"
#include "sluice/tensor/elementwise.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

double gradient_norm(std::span<const Variable> parameters) {
  double squares = 0;
  for (const Variable& parameter : parameters)
    if (parameter.grad().defined()) squares += sum_squares(parameter.grad());
  return std::sqrt(squares);
}

double clip_norm(std::span<const Variable> parameters, double longest) {
  const double norm = gradient_norm(parameters);
  const double factor = longest / (norm + 1e-6);
  if (factor < 1)
    for (const Variable& parameter : parameters)
      if (parameter.grad().defined()) scale_in_place(parameter.grad_buffer(), factor);
  return norm;
}

void clip_value(std::span<const Variable> parameters, double largest) {
  for (const Variable& parameter : parameters) {
    if (!parameter.grad().defined()) continue;
    Tensor& grad = parameter.grad_buffer();
    dispatch(grad.dtype(), [&](auto zero) {
      using T = decltype(zero);
      T* const values = grad.data<T>();
      const T limit = static_cast<T>(largest);
      for_chunks(grad.numel(), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T value = values[i];
          values[i] = value > limit ? limit : (value < -limit ? -limit : value);
        }
      });
    });
  }
}

}  // namespace sluice
