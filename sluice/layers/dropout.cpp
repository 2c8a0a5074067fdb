#include "sluice/layers/dropout.h"

#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/tensor/chunk.h"
#include "sluice/tensor/random_mask.h"

namespace sluice {

namespace {

struct Mask {
  MaskKey key;
  uint32_t pass;
  double rate;
};

/// Elements [begin, end), whose blocks of the generator share the high half of their number.
MaskDraw draw_of(const Mask& mask, int64_t begin, int64_t end) {
  constexpr int64_t share = int64_t{1} << 34;  // elements
  return {mask.rate,
          {static_cast<uint32_t>(mask.key.seed), static_cast<uint32_t>(mask.key.seed >> 32)},
          {0, static_cast<uint32_t>(mask.key.update),
           mask.key.layer ^ (static_cast<uint32_t>(begin / share) << 16), mask.pass},
          begin % share,
          end - begin};
}

Tensor masked(const Mask& mask, const Tensor& x) {
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    T* const to = out.data<T>();
    for_chunks(x.numel(), [=](int64_t begin, int64_t end) {
      drop(draw_of(mask, begin, end), from + begin, to + begin);
    });
  });
  return out;
}

class DropoutNode : public Node {
 public:
  DropoutNode(const Variable& x, const Mask& mask) : Node({x}), mask_(mask) {}
  void backward(const std::array<Tensor, max_outputs>& grads) override {
    input(0).accumulate_grad(masked(mask_, grads[0]));
  }

 private:
  Mask mask_;
};

}  // namespace

Dropout::Dropout(double rate, uint64_t seed) : rate_(rate), key_{seed, 0, 0} {
  if (!(rate >= 0 && rate < 1))
    fail_config("layer.dropout", "dropout.rate",
                "the rate must be at least 0 and below 1, not " + std::to_string(rate),
                "write for example rate: 0.2");
}

void Dropout::set_mask_key(MaskKey& key) {
  key_ = key;
  ++key.layer;
  pass_ = 0;
}

bool Dropout::keep_masks(bool on) {
  Module::keep_masks(on);
  return rate_ > 0;
}

Variable Dropout::forward(const Variable& x, const Padding&) {
  if (!draws_masks() || rate_ == 0) return x;
  const Mask mask{key_, pass_++, rate_};
  return Variable::from_node(masked(mask, x.value()),
                             needs_node({x}) ? new DropoutNode(x, mask) : nullptr);
}

}  // namespace sluice
