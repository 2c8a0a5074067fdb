#include "sluice/layers/dropout.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sluice/autograd/node.h"
#include "sluice/base/error.h"
#include "sluice/base/philox.h"
#include "sluice/tensor/chunk.h"

namespace sluice {

namespace {

struct Mask {
  MaskKey key;
  uint32_t pass;
  double rate;
};

// out[i] = in[i] · mask[i]; one block of the generator serves four neighbours.
template <class T>
void apply(const Mask& mask, const T* in, T* out, int64_t begin, int64_t end) {
  const auto limit = static_cast<uint64_t>(std::llround(mask.rate * 0x1p32));
  const T scale = static_cast<T>(1 / (1 - mask.rate));
  const PhiloxKey key = {static_cast<uint32_t>(mask.key.seed),
                         static_cast<uint32_t>(mask.key.seed >> 32)};
  for (int64_t first = begin; first < end; first += 4) {
    const auto block = static_cast<uint64_t>(first / 4);
    const PhiloxCounter draw =
        philox({static_cast<uint32_t>(block), static_cast<uint32_t>(mask.key.update),
                mask.key.layer ^ (static_cast<uint32_t>(block >> 32) << 16), mask.pass},
               key);
    const int64_t last = std::min(first + 4, end);
    for (int64_t i = first; i < last; ++i) out[i] = draw[i - first] < limit ? T(0) : in[i] * scale;
  }
}

Tensor masked(const Mask& mask, const Tensor& x) {
  static_assert(chunk_size % 4 == 0, "a chunk must begin with a block");
  Tensor out = Tensor::uninitialized(x.shape(), x.dtype());
  dispatch(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    T* const to = out.data<T>();
    for_chunks(x.numel(), [=](int64_t begin, int64_t end) { apply(mask, from, to, begin, end); });
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
