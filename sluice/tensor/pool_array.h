// A fixed-length array of plain or small objects whose memory comes from the pool.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "sluice/tensor/pool.h"

namespace sluice {

/// Like std::vector made once: elements are value-initialised; moving is cheap, copying is not
/// offered.
template <class T>
class PoolArray {
 public:
  PoolArray() = default;
  explicit PoolArray(size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(pool_allocate(size * sizeof(T)))), size_(size) {
    std::uninitialized_value_construct_n(data_, size);
  }
  /// The same with contents undefined, of plain objects.
  static PoolArray uninitialized(size_t size) {
    static_assert(std::is_trivial_v<T>);
    PoolArray array;
    if (size > 0) array.data_ = static_cast<T*>(pool_allocate(size * sizeof(T)));
    array.size_ = size;
    return array;
  }
  PoolArray(PoolArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PoolArray& operator=(PoolArray other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PoolArray() {
    if (data_ == nullptr) return;
    std::destroy_n(data_, size_);
    pool_release(data_, size_ * sizeof(T));
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sluice
