// A dense row-major array of float or double.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "sluice/base/shape.h"

namespace sluice {

enum class DType { f32, f64 };

template <class T>
constexpr DType dtype_of = sizeof(T) == sizeof(float) ? DType::f32 : DType::f64;

/// A handle to shared storage: copying a Tensor shares, clone() copies the elements.
/// Storage and bookkeeping come from a caching pool, so a warmed loop over fixed shapes
/// does not touch the heap. Memory is 64-byte aligned and always contiguous.
class Tensor {
 public:
  Tensor() = default;
  /// Zero-filled.
  explicit Tensor(const Shape& shape, DType dtype = DType::f32);
  Tensor(const Tensor& other);
  Tensor(Tensor&& other) noexcept
      : storage_(std::exchange(other.storage_, nullptr)),
        shape_(other.shape_),
        dtype_(other.dtype_) {}
  Tensor& operator=(Tensor other) noexcept {
    std::swap(storage_, other.storage_);
    shape_ = other.shape_;
    dtype_ = other.dtype_;
    return *this;
  }
  ~Tensor() {
    if (storage_) release();
  }

  /// Elements undefined: for results about to be written in full.
  static Tensor uninitialized(const Shape& shape, DType dtype = DType::f32);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);
  /// Copies `values`; throws Error "tensor.size" if the count does not fit the shape.
  static Tensor from(std::span<const float> values, const Shape& shape);
  static Tensor from(std::span<const double> values, const Shape& shape);

  bool defined() const { return storage_ != nullptr; }
  /// True if no other handle shares the elements: whether they may be changed in place.
  bool unique() const;
  const Shape& shape() const { return shape_; }
  int64_t size(int axis) const { return shape_[axis]; }
  int rank() const { return shape_.rank(); }
  int64_t numel() const { return shape_.numel(); }
  DType dtype() const { return dtype_; }

  /// The elements; throws Error "tensor.dtype" if T is not the tensor's type.
  template <class T>
  T* data() {
    return shared_data<T>();
  }
  template <class T>
  const T* data() const {
    return shared_data<T>();
  }
  /// To be written by way of a handle that is const itself, without another handle for it.
  template <class T>
  T* shared_data() const {
    if (!storage_ || dtype_ != dtype_of<T>) [[unlikely]]
      refuse_data(dtype_of<T>);
    return reinterpret_cast<T*>(reinterpret_cast<char*>(storage_) + storage_bytes);
  }
  template <class T>
  std::span<T> values() {
    return {data<T>(), static_cast<size_t>(numel())};
  }
  template <class T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<size_t>(numel())};
  }
  /// One element as double, by flat index: for tests and printing.
  double item(int64_t index = 0) const;

  /// Same storage, other shape of the same count.
  Tensor reshape(const Shape& shape) const;
  Tensor clone() const;
  /// Converted copy (or itself if the type is the same already).
  Tensor to(DType dtype) const;
  void fill(double value);
  /// Copies the elements of a tensor of the same shape and type.
  void copy_from(const Tensor& other);

 private:
  struct Storage;
  static constexpr int storage_bytes = 64;  ///< a cache line before the elements, in one block
  void release() noexcept;
  [[noreturn]] void refuse_data(DType wanted) const;

  Storage* storage_ = nullptr;
  Shape shape_;
  DType dtype_ = DType::f32;
};

/// Calls f(T{}) with T = float or double.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  return dtype == DType::f32 ? std::forward<F>(f)(float{}) : std::forward<F>(f)(double{});
}

}  // namespace sluice
