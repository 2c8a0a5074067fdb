// The extents of a tensor, held inline so that a shape never allocates.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace sluice {

/// Up to `max_rank` extents, outermost first; row-major order is implied everywhere.
class Shape {
 public:
  static constexpr int max_rank = 6;

  Shape() = default;
  Shape(std::initializer_list<int64_t> extents);

  int rank() const { return rank_; }
  /// Extent of an axis; negative axes count from the end (-1 is the last).
  int64_t operator[](int axis) const { return extents_[axis < 0 ? axis + rank_ : axis]; }
  void set(int axis, int64_t extent) { extents_[axis < 0 ? axis + rank_ : axis] = extent; }
  void push_back(int64_t extent);
  /// Number of elements; 1 for rank 0.
  int64_t numel() const;
  /// "[3,4,5]"
  std::string to_string() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a.extents_[i] != b.extents_[i]) return false;
    return true;
  }

 private:
  std::array<int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace sluice
