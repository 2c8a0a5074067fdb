#include "sluice/tensor/tensor.h"

#include <algorithm>
#include <atomic>
#include <string>

#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/pool.h"

namespace sluice {

struct alignas(64) Tensor::Storage {
  std::atomic<int> references{1};
  std::size_t block_bytes = 0;
};

namespace {

std::size_t element_size(DType dtype) {
  return dtype == DType::f32 ? sizeof(float) : sizeof(double);
}

const char* name_of(DType dtype) { return dtype == DType::f32 ? "float" : "double"; }

// Bytes of the elements; refuses negative extents and products that leave the address space.
std::size_t checked_bytes(const Shape& shape, DType dtype) {
  std::size_t bytes = element_size(dtype);
  bool empty = false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0)
      fail_config("tensor.shape", "Tensor", "an extent of " + shape.to_string() + " is negative",
                  "every extent must be 0 or more");
    if (shape[i] == 0) empty = true;
  }
  if (empty) return 0;
  for (int i = 0; i < shape.rank(); ++i)
    if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(shape[i]), &bytes) ||
        bytes > (std::size_t{1} << 55))
      fail_config("tensor.size", "Tensor",
                  "a tensor of shape " + shape.to_string() + " is too large",
                  "use fewer or smaller batches");
  return bytes;
}

}  // namespace

Tensor::Tensor(const Shape& shape, DType dtype) : Tensor(uninitialized(shape, dtype)) { fill(0); }

Tensor::Tensor(const Tensor& other)
    : storage_(other.storage_), shape_(other.shape_), dtype_(other.dtype_) {
  if (storage_) storage_->references.fetch_add(1, std::memory_order_relaxed);
}

void Tensor::release() noexcept {
  // The only handle there is need not count down: nobody can make another one meanwhile.
  if (storage_->references.load(std::memory_order_acquire) != 1 &&
      storage_->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  const std::size_t bytes = storage_->block_bytes;
  storage_->~Storage();
  pool_release(storage_, bytes);
}

Tensor Tensor::uninitialized(const Shape& shape, DType dtype) {
  Tensor tensor;
  static_assert(sizeof(Storage) == storage_bytes);
  const std::size_t bytes = checked_bytes(shape, dtype) + storage_bytes;
  tensor.storage_ = ::new (pool_allocate(bytes)) Storage;
  tensor.storage_->block_bytes = bytes;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor tensor = uninitialized(shape, dtype);
  tensor.fill(value);
  return tensor;
}

namespace {

template <class T>
Tensor copied(std::span<const T> values, const Shape& shape) {
  if (static_cast<int64_t>(values.size()) != shape.numel())
    fail_config(
        "tensor.size", "Tensor::from",
        std::to_string(values.size()) + " values do not fill the shape " + shape.to_string(),
        "it has " + std::to_string(shape.numel()) + " elements");
  Tensor tensor = Tensor::uninitialized(shape, dtype_of<T>);
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}

}  // namespace

Tensor Tensor::from(std::span<const float> values, const Shape& shape) {
  return copied(values, shape);
}

Tensor Tensor::from(std::span<const double> values, const Shape& shape) {
  return copied(values, shape);
}

bool Tensor::unique() const {
  return storage_ && storage_->references.load(std::memory_order_acquire) == 1;
}

void Tensor::refuse_data(DType wanted) const {
  if (!storage_)
    fail_config("tensor.undefined", "Tensor::data", "the tensor holds nothing",
                "give it a shape first");
  fail_config("tensor.dtype", "Tensor::data",
              std::string("the elements are ") + name_of(dtype_) + ", not " + name_of(wanted),
              "convert with to()");
}

double Tensor::item(int64_t index) const {
  if (index < 0 || !storage_ || index >= numel())
    fail_config("tensor.index", "Tensor::item",
                "there is no element " + std::to_string(index) + " in " +
                    (storage_ ? shape_.to_string() : "an undefined tensor"));
  return dispatch(dtype_,
                  [&](auto zero) { return static_cast<double>(data<decltype(zero)>()[index]); });
}

Tensor Tensor::reshape(const Shape& shape) const {
  if (!storage_ || shape.numel() != numel())
    fail_config("tensor.reshape", "Tensor::reshape",
                (storage_ ? shape_.to_string() : "an undefined tensor") + " cannot become " +
                    shape.to_string(),
                "the number of elements must stay the same");
  Tensor result = *this;
  result.shape_ = shape;
  return result;
}

Tensor Tensor::clone() const {
  if (!storage_) return {};
  Tensor result = uninitialized(shape_, dtype_);
  result.copy_from(*this);
  return result;
}

Tensor Tensor::to(DType dtype) const {
  if (!storage_ || dtype == dtype_) return *this;
  Tensor result = uninitialized(shape_, dtype);
  dispatch(dtype_, [&](auto from) {
    dispatch(dtype, [&](auto into) {
      using Into = decltype(into);
      const auto source = values<decltype(from)>();
      std::transform(source.begin(), source.end(), result.data<Into>(),
                     [](auto value) { return static_cast<Into>(value); });
    });
  });
  return result;
}

void Tensor::fill(double value) {
  dispatch(dtype_, [&](auto zero) {
    using T = decltype(zero);
    T* const to = data<T>();
    for_chunks(numel(), [=](int64_t begin, int64_t end) {
      std::fill(to + begin, to + end, static_cast<T>(value));
    });
  });
}

void Tensor::copy_from(const Tensor& other) {
  if (!storage_ || !other.storage_ || dtype_ != other.dtype_ || !(shape_ == other.shape_))
    fail_config("tensor.copy", "Tensor::copy_from",
                (other.storage_ ? other.shape_.to_string() : "an undefined tensor") +
                    " cannot be copied into " +
                    (storage_ ? shape_.to_string() : "an undefined tensor"),
                "shapes and types must be the same");
  if (storage_ == other.storage_) return;
  dispatch(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const T* const from = other.data<T>();
    T* const to = data<T>();
    for_chunks(numel(), [=](int64_t begin, int64_t end) {
      std::copy(from + begin, from + end, to + begin);
    });
  });
}

}  // namespace sluice
