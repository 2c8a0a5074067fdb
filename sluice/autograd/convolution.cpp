#include "sluice/autograd/convolution.h"

#include <algorithm>
#include <string>

#include "sluice/autograd/arrange.h"
#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/gemm.h"
#include "sluice/tensor/reduce.h"

namespace sluice {

namespace {

// What a convolution is, apart from its numbers.
struct Plan {
  PatchGrid grid;
  int64_t images, outputs, groups;

  int64_t group_outputs() const { return outputs / groups; }
  PatchGrid group_grid(int64_t group) const {
    PatchGrid part = grid;
    part.first = group * grid.width;
    return part;
  }
  int64_t work() const { return images * grid.windows() * outputs * grid.patch_size(); }
  /// Images whose patches are multiplied at once: enough rows for a product to be worth packing
  /// its weights, few enough for them to wait in the second cache. It depends on the shape alone.
  int64_t block() const {
    constexpr int64_t rows = 512;
    return std::clamp<int64_t>(rows / std::max<int64_t>(1, grid.windows()), 1, images);
  }
  Shape patches_shape(int64_t count) const { return {count * grid.windows(), grid.patch_size()}; }
};

// Calls body(first image, images) block by block; large jobs are shared by the threads.
template <class Body>
void for_blocks(const Plan& plan, const Body& body) {
  const int64_t block = plan.block(), blocks = (plan.images + block - 1) / block;
  const auto one = [&](int64_t i) { body(i * block, std::min(block, plan.images - i * block)); };
  constexpr int64_t worth_threads = 1 << 20;
  for_pieces(blocks, plan.work() >= worth_threads, one);
}

// weight [O,C/groups,taps] <-> [O,taps,C/groups], the order in which patches lie.
template <class T>
void reorder(const Plan& plan, const T* from, T* to, bool into_patches) {
  const int64_t width = plan.grid.width, taps = plan.grid.patch_size() / width;
  for (int64_t o = 0; o < plan.outputs; ++o, from += taps * width, to += taps * width)
    for (int64_t c = 0; c < width; ++c)
      for (int64_t k = 0; k < taps; ++k) {
        if (into_patches)
          to[k * width + c] = from[c * taps + k];
        else
          to[c * taps + k] += from[k * width + c];
      }
}

Tensor packed(const Plan& plan, const Tensor& weight) {
  Tensor out = Tensor::uninitialized(weight.shape(), weight.dtype());
  dispatch(weight.dtype(), [&](auto zero) {
    using T = decltype(zero);
    reorder(plan, weight.data<T>(), out.data<T>(), true);
  });
  return out;
}

template <class T>
void gather_block(const Plan& plan, int64_t group, int64_t first, int64_t count, const T* x,
                  T* patches) {
  const PatchGrid grid = plan.group_grid(group);
  const int64_t rows = grid.windows() * grid.patch_size();
  for_pieces(count, count * rows >= least_parallel, [=](int64_t i) {
    gather_patches(grid, x + (first + i) * grid.image_size(), patches + i * rows);
  });
}

template <class T>
void forward(const Plan& plan, const T* x, const T* weight, const T* bias, T* y) {
  const int64_t outputs = plan.outputs, size = plan.grid.patch_size(), n = plan.group_outputs();
  for_blocks(plan, [&](int64_t first, int64_t count) {
    const int64_t rows = count * plan.grid.windows();
    T* const to = y + first * plan.grid.windows() * outputs;
    Tensor patches = Tensor::uninitialized(plan.patches_shape(count), dtype_of<T>);
    for (int64_t group = 0; group < plan.groups; ++group) {
      gather_block(plan, group, first, count, x, patches.data<T>());
      gemm(Trans::no, Trans::yes, rows, n, size, patches.data<T>(), size, weight + group * n * size,
           size, to + group * n, outputs, false, bias ? bias + group * n : nullptr);
    }
  });
}

template <class T>
void backward_input(const Plan& plan, const T* grad, const T* weight, T* dx) {
  const int64_t outputs = plan.outputs, size = plan.grid.patch_size(), n = plan.group_outputs();
  for_blocks(plan, [&](int64_t first, int64_t count) {
    const int64_t windows = plan.grid.windows();
    Tensor patches = Tensor::uninitialized(plan.patches_shape(count), dtype_of<T>);
    for (int64_t group = 0; group < plan.groups; ++group) {
      gemm(Trans::no, Trans::no, count * windows, size, n,
           grad + first * windows * outputs + group * n, outputs, weight + group * n * size, size,
           patches.data<T>(), size, false);
      const PatchGrid grid = plan.group_grid(group);
      for (int64_t i = 0; i < count; ++i)
        add_patches(grid, patches.data<T>() + i * windows * size,
                    dx + (first + i) * grid.image_size());
    }
  });
}

// The product's chain runs over all windows of all images, block after block; threads share its
// columns.
template <class T>
void backward_weight(const Plan& plan, const T* x, const T* grad, T* dw) {
  const int64_t outputs = plan.outputs, size = plan.grid.patch_size(), n = plan.group_outputs();
  const int64_t windows = plan.grid.windows(), block = plan.block();
  for (int64_t first = 0; first < plan.images; first += block) {
    const int64_t count = std::min(block, plan.images - first);
    Tensor patches = Tensor::uninitialized(plan.patches_shape(count), dtype_of<T>);
    for (int64_t group = 0; group < plan.groups; ++group) {
      gather_block(plan, group, first, count, x, patches.data<T>());
      gemm(Trans::yes, Trans::no, n, size, count * windows,
           grad + first * windows * outputs + group * n, outputs, patches.data<T>(), size,
           dw + group * n * size, size, true);
    }
  }
}

class ConvolutionNode : public Node {
 public:
  ConvolutionNode(const Variable& x, const Variable& weight, const Variable& bias, const Plan& plan)
      : Node({x, weight, bias}), x_(x.value()), weight_(weight.value()), plan_(plan) {}

  void backward(const std::array<Tensor, max_outputs>& grads) override {
    dispatch(x_.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* const grad = grads[0].data<T>();
      if (input(0).requires_grad())
        backward_input(plan_, grad, packed(plan_, weight_).template data<T>(),
                       input(0).grad_buffer().data<T>());
      if (input(1).requires_grad()) {
        Tensor dw(weight_.shape(), weight_.dtype());
        backward_weight(plan_, x_.data<T>(), grad, dw.data<T>());
        reorder(plan_, dw.data<T>(), input(1).grad_buffer().data<T>(), false);
      }
    });
    if (input(2).requires_grad()) add_row_sums(input(2).grad_buffer(), grads[0]);
  }

 private:
  Tensor x_, weight_;
  Plan plan_;
};

void check(const Variable& x, const Variable& weight, const Variable& bias, int groups) {
  const Shape &in = x.shape(), &w = weight.shape();
  const bool fits =
      in.rank() == 4 && w.rank() == 4 && groups > 0 && in[3] == w[1] * groups &&
      w[0] % groups == 0 && w.numel() > 0 && x.dtype() == weight.dtype() &&
      (!bias.defined() || (bias.value().numel() == w[0] && bias.dtype() == x.dtype()));
  if (!fits)
    fail_config("autograd.convolution", "convolution",
                "an input of shape " + in.to_string() +
                    " (channels last) does not fit a weight of "
                    "shape " +
                    w.to_string() + " in " + std::to_string(groups) + " groups",
                "a weight is [outputs, channels / groups, kernel]");
}

Plan plan_of(const Shape& x, const Shape& weight, WindowAxis rows, WindowAxis columns, int groups) {
  rows.size = x[1];
  columns.size = x[2];
  rows.kernel = weight[2];
  columns.kernel = weight[3];
  const Plan plan{{rows, columns, x[3], 0, weight[1]}, x[0], weight[0], groups};
  if (plan.grid.windows() < 1 && x[0] > 0)
    fail_config("autograd.convolution", "convolution",
                "a kernel of " + std::to_string(rows.kernel) + " by " +
                    std::to_string(columns.kernel) + " does not fit into " + x.to_string(),
                "shorten the kernel or its dilation, or pad the input");
  return plan;
}

}  // namespace

Variable conv2d(const Variable& x, const Variable& weight, const Variable& bias, WindowAxis rows,
                WindowAxis columns, int groups) {
  check(x, weight, bias, groups);
  const Plan plan = plan_of(x.shape(), weight.shape(), rows, columns, groups);
  Tensor out = Tensor::uninitialized(
      {plan.images, plan.grid.rows.count(), plan.grid.columns.count(), plan.outputs}, x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    forward(plan, x.value().data<T>(), packed(plan, weight.value()).template data<T>(),
            bias.defined() ? bias.value().data<T>() : nullptr, out.data<T>());
  });
  return Variable::from_node(
      out, needs_node({x, weight, bias}) ? new ConvolutionNode(x, weight, bias, plan) : nullptr);
}

Variable conv1d(const Variable& x, const Variable& weight, const Variable& bias, WindowAxis time,
                int groups) {
  const Shape &in = x.shape(), &w = weight.shape();
  if (in.rank() != 3 || w.rank() != 3)
    fail_config("autograd.convolution", "conv1d",
                "an input of shape " + in.to_string() + " and a weight of shape " + w.to_string() +
                    " are not [B,T,C] and [O,C,K]",
                "give sequences with time before channels");
  const Variable y = conv2d(reshape(x, {in[0], 1, in[1], in[2]}),
                            reshape(weight, {w[0], w[1], 1, w[2]}), bias, {}, time, groups);
  return reshape(y, {in[0], y.shape()[2], w[0]});
}

}  // namespace sluice
