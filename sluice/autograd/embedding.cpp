#include "sluice/autograd/embedding.h"

#include <algorithm>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/pool_array.h"

namespace sluice {

namespace {

class EmbeddingNode : public Node {
 public:
  EmbeddingNode(const Variable& weight, PoolArray<int64_t> rows)
      : Node({weight}), rows_(std::move(rows)) {}

  // Threads share the columns, so each sum keeps the order of the indices.
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    const int64_t width = input(0).shape()[1];
    dispatch(grads[0].dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* const grad = grads[0].data<T>();
      T* const to = input(0).grad_buffer().data<T>();
      constexpr int64_t strip = 64;
      const auto add_strip = [&](int64_t s) {
        const int64_t first = s * strip, last = std::min(width, first + strip);
        for (size_t i = 0; i < rows_.size(); ++i)
          for (int64_t c = first; rows_[i] >= 0 && c < last; ++c)
            to[rows_[i] * width + c] += grad[static_cast<int64_t>(i) * width + c];
      };
      for_pieces((width + strip - 1) / strip, grads[0].numel() >= least_parallel, add_strip);
    });
  }

 private:
  PoolArray<int64_t> rows_;  // −1: no gradient
};

int64_t row_of(double index, int64_t rows) {
  const auto row =
      index >= 0 && index < static_cast<double>(rows) ? static_cast<int64_t>(index) : int64_t{-1};
  if (row < 0 || static_cast<double>(row) != index)
    fail_config("autograd.embedding", "embedding",
                std::to_string(index) + " is not one of the rows 0 to " + std::to_string(rows - 1),
                "number the symbols from 0, or enlarge the table");
  return row;
}

}  // namespace

Variable embedding(const Tensor& indices, const Variable& weight, int64_t padding_idx) {
  if (weight.shape().rank() != 2)
    fail_config("autograd.embedding", "embedding",
                "a table has shape [rows, width], not " + weight.shape().to_string());
  const int64_t width = weight.shape()[1];
  PoolArray<int64_t> rows(indices.numel());
  for (int64_t i = 0; i < indices.numel(); ++i)
    rows[i] = row_of(indices.item(i), weight.shape()[0]);
  Shape shape = indices.shape();
  shape.push_back(width);
  Tensor out = Tensor::uninitialized(shape, weight.dtype());
  dispatch(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* to = out.data<T>();
    for (const int64_t row : rows)
      to = std::copy_n(weight.value().data<T>() + row * width, width, to);
  });
  std::replace(rows.begin(), rows.end(), padding_idx, int64_t{-1});
  return Variable::from_node(
      out, needs_node({weight}) ? new EmbeddingNode(weight, std::move(rows)) : nullptr);
}

}  // namespace sluice
