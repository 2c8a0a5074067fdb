// ONNX' recurrent operators in our layout: gates in another order, both biases in one tensor, the
// directions as an axis of their own.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "sluice/layers/recurrent.h"

namespace sluice::test {

/// Copies the blocks of `from` [blocks·rows, ..] to the places that `order` says: block k of the
/// result is block order[k].
inline Tensor reordered(const Tensor& from, const std::vector<int64_t>& order, int64_t rows) {
  const int64_t columns = from.rank() == 1 ? 1 : from.size(1), block = rows * columns;
  const int64_t count = static_cast<int64_t>(order.size()) * rows;
  Tensor to(from.rank() == 1 ? Shape{count} : Shape{count, columns}, from.dtype());
  for (size_t k = 0; k < order.size(); ++k)
    std::copy_n(from.data<float>() + order[k] * block, block,
                to.data<float>() + static_cast<int64_t>(k) * block);
  return to;
}

/// Entry `index` of the first axis.
inline Tensor entry(const Tensor& all, int64_t index) {
  const int64_t size = all.numel() / all.size(0);
  Tensor one(all.rank() == 2 ? Shape{all.size(1)} : Shape{all.size(1), all.size(2)});
  std::copy_n(all.data<float>() + index * size, size, one.data<float>());
  return one;
}

/// The axes of a tensor of four in another order: axis k of the result is axis order[k].
inline Tensor permuted(const Tensor& from, const std::array<int, 4>& order) {
  std::array<int64_t, 4> stride = {0, 0, 0, 1};
  for (int k = 2; k >= 0; --k) stride[k] = stride[k + 1] * from.size(k + 1);
  const auto size = [&](int k) { return from.size(order[k]); };
  Tensor to({size(0), size(1), size(2), size(3)});
  int64_t at = 0;
  for (int64_t a = 0; a < size(0); ++a)
    for (int64_t b = 0; b < size(1); ++b)
      for (int64_t c = 0; c < size(2); ++c)
        for (int64_t d = 0; d < size(3); ++d)
          to.data<float>()[at++] = from.data<float>()[a * stride[order[0]] + b * stride[order[1]] +
                                                      c * stride[order[2]] + d * stride[order[3]]];
  return to;
}

/// Where ONNX keeps what one of our cells has, in the order of our blocks.
struct OnnxGates {
  std::vector<int64_t> blocks;
  int64_t count;                             ///< blocks that ONNX has
  std::map<std::string, int64_t> peepholes;  ///< block of P by our name
};

/// ONNX: i o f c, P i o f, and z r h. Ours: i f g o, coupled i g o, and r z n.
inline OnnxGates onnx_gates(const std::string& cell) {
  if (cell == "rnn") return {{0}, 1, {}};
  if (cell == "gru" || cell == "gru_reset_before") return {{1, 0, 2}, 3, {}};
  if (cell == "lstm") return {{0, 2, 3, 1}, 4, {}};
  if (cell == "peephole")
    return {{0, 2, 3, 1}, 4, {{"peephole_i", 0}, {"peephole_o", 1}, {"peephole_f", 2}}};
  if (cell == "cifg") return {{0, 3, 1}, 4, {}};
  if (cell == "cifg_peephole") return {{0, 3, 1}, 4, {{"peephole_i", 0}, {"peephole_o", 1}}};
  throw std::runtime_error("ONNX has no " + cell);
}

/// Our parameters of one direction from W [D,G·H,I], R [D,G·H,H], B [D,2·G·H] and P [D,3·H], the
/// last two where defined.
inline NamedTensors from_onnx(const std::string& cell, const std::string& suffix, int64_t direction,
                              const Tensor& W, const Tensor& R, const Tensor& B, const Tensor& P) {
  const OnnxGates gates = onnx_gates(cell);
  const int64_t h = R.size(2);
  NamedTensors ours = {
      {"weight_ih" + suffix, reordered(entry(W, direction), gates.blocks, h)},
      {"weight_hh" + suffix, reordered(entry(R, direction), gates.blocks, h)},
  };
  if (B.defined()) {  // that beside W, then that beside R
    const Tensor both = entry(B, direction).reshape({2, gates.count * h});
    ours.emplace_back("bias_ih" + suffix, reordered(entry(both, 0), gates.blocks, h));
    ours.emplace_back("bias_hh" + suffix, reordered(entry(both, 1), gates.blocks, h));
  }
  for (const auto& [name, block] : gates.peepholes)
    ours.emplace_back(name + suffix, reordered(entry(P, direction), {block}, h));
  return ours;
}

}  // namespace sluice::test
