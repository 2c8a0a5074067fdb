#include "sluice/tensor/random_mask.h"

#include <algorithm>
#include <cmath>

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/random_mask.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/tensor/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// out = `in`, or ones where it is null, times the masks. Each number hangs on the bits of a Word.
template <class T, class Word>
struct MaskTask {
  const MaskDraw& draw;
  Word last_dropped;  // numbers whose bits are at most these are dropped
  T kept;
  const T* in;
  T* out;
  ptrdiff_t stride;
};

/// Numbers of a block of the generator.
template <class Word>
constexpr int64_t kBlock = 16 / sizeof(Word);

/// A block a lane. Of every 64 bits the low half counts; what the products leave in the high half
/// is never read.
using Blocks = hn::ScalableTag<uint64_t>;
using Words = hn::Repartition<uint32_t, Blocks>;

/// Blocks that the numbers of a row lie in: [first, first + count).
struct BlockRange {
  int64_t first, count;
  BlockRange(const MaskDraw& draw, int64_t block)
      : first(draw.first / block), count((draw.first + draw.count + block - 1) / block - first) {}
};

/// Blocks of consecutive rows, one after the other.
class BlockWalk {
 public:
  BlockWalk(const MaskDraw& draw, const BlockRange& blocks)
      : draw_(draw),
        blocks_(blocks.count),
        counter_(draw.counter[0] + static_cast<uint64_t>(blocks.first)) {}

  /// The next lanes' first word of the counter and second word of the key.
  HWY_INLINE void next(uint64_t* counters, uint64_t* keys) {
    const Blocks d;
    const auto lanes = static_cast<int64_t>(hn::Lanes(d));
    if (block_ + lanes <= blocks_) {
      alignas(64) static constexpr uint64_t ascending[8] = {0, 1, 2, 3, 4, 5, 6, 7};
      const auto first = hn::Set(d, counter_ + static_cast<uint64_t>(block_));
      hn::Store(hn::Add(first, hn::Load(d, ascending)), d, counters);
      hn::Store(hn::Set(d, key_of_row()), d, keys);
      block_ += lanes;
      if (block_ == blocks_) start_row();
      return;
    }
    for (int64_t i = 0; i < lanes; ++i) {
      counters[i] = counter_ + static_cast<uint64_t>(block_);
      keys[i] = key_of_row();
      if (++block_ == blocks_) start_row();
    }
  }

 private:
  /// Behind the last row, whose lanes nobody reads, 0.
  uint64_t key_of_row() const {
    if (row_ >= draw_.rows) return 0;
    const uint32_t row = draw_.row_numbers ? static_cast<uint32_t>(draw_.row_numbers[row_])
                                           : draw_.first_row + static_cast<uint32_t>(row_);
    return draw_.key[1] + row;
  }
  void start_row() {
    block_ = 0;
    ++row_;
  }

  const MaskDraw& draw_;
  const int64_t blocks_;
  const uint64_t counter_;
  int64_t block_ = 0;
  int row_ = 0;
};

/// Vectors of blocks drawn side by side: one alone would wait for each of its products.
constexpr int kChains = SLUICE_REGISTERS == 32 ? 4 : 2;

/// The next words, block by block: of kChains vectors.
HWY_INLINE void DrawWords(const MaskDraw& draw, BlockWalk& walk, void* words) {
  using V = hn::Vec<Blocks>;
  const Blocks d;
  const Words dw;
  const auto product = [&](V x, uint32_t factor) HWY_ATTR {
    return hn::MulEven(hn::BitCast(dw, x), hn::Set(dw, factor));
  };
  const auto high = [&](V x) HWY_ATTR { return hn::BitCast(d, hn::DupOdd(hn::BitCast(dw, x))); };
  const auto pair = [&](V low, V upper) HWY_ATTR {
    return hn::BitCast(d, hn::OddEven(hn::DupEven(hn::BitCast(dw, upper)), hn::BitCast(dw, low)));
  };
  // What is indexed by a loop that is not unrolled would stay in memory, round after round.
  alignas(64) uint64_t counters[kChains * hn::MaxLanes(d)], keys[kChains * hn::MaxLanes(d)];
  for (int k = 0; k < kChains; ++k) walk.next(counters + k * hn::Lanes(d), keys + k * hn::Lanes(d));
  V word[kChains][4], key[kChains];
  HWY_UNROLL(4)
  for (int k = 0; k < kChains; ++k) {
    word[k][0] = hn::Load(d, counters + k * hn::Lanes(d));
    key[k] = hn::Load(d, keys + k * hn::Lanes(d));
    HWY_UNROLL(3)
    for (int i = 1; i < 4; ++i) word[k][i] = hn::Set(d, uint64_t{draw.counter[i]});
  }
  uint32_t first_key = draw.key[0];
  for (int round = 0; round < 10; ++round, first_key += 0x9e3779b9u) {
    HWY_UNROLL(4)
    for (int k = 0; k < kChains; ++k) {
      V* const w = word[k];
      const auto even = product(w[0], 0xd2511f53u), odd = product(w[2], 0xcd9e8d57u);
      w[0] = hn::Xor3(high(odd), w[1], hn::Set(d, uint64_t{first_key}));
      w[2] = hn::Xor3(high(even), w[3], key[k]);
      w[1] = odd;
      w[3] = even;
      key[k] = hn::Add(key[k], hn::Set(d, uint64_t{0xbb67ae85u}));
    }
  }
  HWY_UNROLL(4)
  for (int k = 0; k < kChains; ++k)
    hn::StoreInterleaved2(pair(word[k][0], word[k][1]), pair(word[k][2], word[k][3]), d,
                          static_cast<uint64_t*>(words) + 2 * k * hn::Lanes(d));
}

/// Where the bits of some lanes keep their numbers.
template <class D, class Word>
HWY_INLINE hn::Mask<D> Kept(D d, const Word* bits, Word last_dropped) {
  using Number = hwy::MakeUnsigned<hn::TFromD<D>>;
  const hn::Rebind<Number, D> wide;
  const auto least = hn::Set(wide, last_dropped);
  const auto word = hn::LoadU(hn::Rebind<Word, D>(), bits);
  if constexpr (sizeof(Number) == sizeof(Word)) {
    return hn::RebindMask(d, hn::Gt(word, least));
  } else if constexpr (sizeof(Number) == 2 * sizeof(Word)) {
    return hn::RebindMask(d, hn::Gt(hn::PromoteTo(wide, word), least));
  } else {
    const hn::Rebind<uint32_t, D> between;
    return hn::RebindMask(d, hn::Gt(hn::PromoteTo(wide, hn::PromoteTo(between, word)), least));
  }
}

/// out[i] for some neighbours whose bits are there.
template <class T, class Word>
void Choose(const MaskTask<T, Word>& task, const Word* bits, int64_t count, const T* in, T* out) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto kept = hn::Set(d, task.kept);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto value = in ? hn::Mul(hn::LoadU(d, in + i), kept) : kept;
    hn::StoreU(hn::IfThenElseZero(Kept(d, bits + i, task.last_dropped), value), d, out + i);
  }
  for (; i < count; ++i)
    out[i] = bits[i] > task.last_dropped ? (in ? in[i] * task.kept : task.kept) : T{0};
}

template <class T, class Word>
void Draw(const MaskTask<T, Word>& task) {
  constexpr int64_t most = 256;  // blocks at a time: their words stay in the first cache
  constexpr int64_t spare = kChains * hn::MaxLanes(Blocks()), block_size = kBlock<Word>;
  alignas(64) Word bits[block_size * (most + spare)];
  const MaskDraw& draw = task.draw;
  const auto step = static_cast<int64_t>(kChains * hn::Lanes(Blocks()));
  const BlockRange blocks(draw, block_size);
  const int64_t all = blocks.count * draw.rows, skipped = draw.first - block_size * blocks.first;
  BlockWalk walk(draw, blocks);
  int64_t row = 0, block = 0;
  for (int64_t first = 0; first < all; first += most) {
    const int64_t there = std::min(most, all - first);
    for (int64_t i = 0; i < there; i += step) DrawWords(draw, walk, bits + block_size * i);
    for (int64_t i = 0; i < there;) {
      const int64_t piece = std::min(blocks.count - block, there - i);
      const int64_t begin = std::max(int64_t{0}, block_size * block - skipped);
      const int64_t end = std::min(draw.count, block_size * (block + piece) - skipped);
      const int64_t at = row * task.stride + begin;
      Choose(task, bits + block_size * (i - block) + skipped + begin, end - begin,
             task.in ? task.in + at : nullptr, task.out + at);
      i += piece;
      block += piece;
      if (block < blocks.count) continue;
      block = 0;
      ++row;
    }
  }
}

void MaskFloats(const MaskDraw& draw, uint16_t last_dropped, float kept, float* out,
                ptrdiff_t stride) {
  Draw(MaskTask<float, uint16_t>{draw, last_dropped, kept, nullptr, out, stride});
}
void MaskDoubles(const MaskDraw& draw, uint16_t last_dropped, double kept, double* out,
                 ptrdiff_t stride) {
  Draw(MaskTask<double, uint16_t>{draw, last_dropped, kept, nullptr, out, stride});
}
void DropFloats(const MaskDraw& draw, uint32_t last_dropped, float kept, const float* in,
                float* out) {
  Draw(MaskTask<float, uint32_t>{draw, last_dropped, kept, in, out, 0});
}
void DropDoubles(const MaskDraw& draw, uint32_t last_dropped, double kept, const double* in,
                 double* out) {
  Draw(MaskTask<double, uint32_t>{draw, last_dropped, kept, in, out, 0});
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {
HWY_EXPORT(MaskFloats);
HWY_EXPORT(MaskDoubles);
HWY_EXPORT(DropFloats);
HWY_EXPORT(DropDoubles);

template <class T>
void draw_masks(const MaskDraw& draw, T kept, T* out, ptrdiff_t stride) {
  init_simd();
  const long limit = std::lround(draw.rate * 0x1p16);
  const auto last = static_cast<uint16_t>(limit - 1);
  if (limit == 0)
    for (int r = 0; r < draw.rows; ++r) std::fill_n(out + r * stride, draw.count, kept);
  else if constexpr (sizeof(T) == sizeof(float))
    HWY_DYNAMIC_DISPATCH(MaskFloats)(draw, last, kept, out, stride);
  else
    HWY_DYNAMIC_DISPATCH(MaskDoubles)(draw, last, kept, out, stride);
}

template <class T>
void drop(const MaskDraw& draw, const T* in, T* out) {
  init_simd();
  const T kept = static_cast<T>(1 / (1 - draw.rate));
  const auto limit = std::llround(draw.rate * 0x1p32);
  const auto last = static_cast<uint32_t>(limit - 1);
  if (limit == 0)
    std::transform(in, in + draw.count, out, [&](T value) { return value * kept; });
  else if constexpr (sizeof(T) == sizeof(float))
    HWY_DYNAMIC_DISPATCH(DropFloats)(draw, last, kept, in, out);
  else
    HWY_DYNAMIC_DISPATCH(DropDoubles)(draw, last, kept, in, out);
}

template void draw_masks(const MaskDraw&, float, float*, ptrdiff_t);
template void draw_masks(const MaskDraw&, double, double*, ptrdiff_t);
template void drop(const MaskDraw&, const float*, float*);
template void drop(const MaskDraw&, const double*, double*);

}  // namespace sluice
#endif
