#include "sluice/tensor/elementwise.h"

#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"

namespace sluice {

void add_in_place(Tensor& a, const Tensor& b) {
  if (!(a.shape() == b.shape()) || a.dtype() != b.dtype())
    fail_config("tensor.add", "add_in_place",
                b.shape().to_string() + " cannot be added to " + a.shape().to_string(),
                "shapes and types must be the same");
  dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = a.data<T>();
    const T* const from = b.data<T>();
    for_chunks(a.numel(), [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] += from[i];
    });
  });
}

void scale_in_place(Tensor& a, double factor) {
  dispatch(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = a.data<T>();
    for_chunks(a.numel(), [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] *= static_cast<T>(factor);
    });
  });
}

}  // namespace sluice
