#include "sluice/base/shape.h"

#include "sluice/base/error.h"

namespace sluice {

Shape::Shape(std::initializer_list<int64_t> extents) {
  for (int64_t extent : extents) push_back(extent);
}

void Shape::push_back(int64_t extent) {
  if (rank_ == max_rank)
    fail_config("shape.rank", "Shape", "a tensor has at most 6 axes", "reshape it to fewer");
  extents_[rank_++] = extent;
}

int64_t Shape::numel() const {
  int64_t product = 1;
  for (int i = 0; i < rank_; ++i) product *= extents_[i];
  return product;
}

std::string Shape::to_string() const {
  std::string text = "[";
  for (int i = 0; i < rank_; ++i) text += (i ? "," : "") + std::to_string(extents_[i]);
  return text + "]";
}

}  // namespace sluice
