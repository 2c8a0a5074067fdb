// The mLSTM's recurrence and its derivative (Beck et al. 2024, section 2.3) for the instruction set
// being compiled. With k divided by sqrt(d), letters as in the paper:
//   a = log sigmoid(f~) + m      m' = max(a, i~)      f = exp(a - m')      i = exp(i~ - m')
//   C' = f C + i k v^T           n' = f n + i k
//   h = C'^T q / (max(|n' q|, exp(-m')) + 1e-6)       output = sigmoid(o~) h
// h hardly depends on m (but for the 1e-6), the states do: the derivative by m is taken exactly.
#if defined(SLUICE_MATRIX_MEMORY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_MATRIX_MEMORY_INL
#undef SLUICE_MATRIX_MEMORY_INL
#else
#define SLUICE_MATRIX_MEMORY_INL
#endif

#include <hwy/highway.h>

#include "sluice/engine/matrix_memory.h"
#include "sluice/tensor/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr double kDenominatorEpsilon = 1e-6;

template <class D, class V = hn::Vec<D>>
HWY_INLINE hn::TFromD<D> LaneSum(D d, V v) {
  return hn::GetLane(hn::SumOfLanes(d, v));
}

template <class T>
HWY_INLINE T LogSigmoid(T x) {
  return std::min(x, T{0}) - std::log1p(std::exp(-std::abs(x)));
}

template <class T>
HWY_INLINE StepScale<T> ScaleOf(T input, T forget, T before) {
  const T a = LogSigmoid(forget) + before;
  const T m = std::max(a, input);
  return {std::exp(a - m), std::exp(input - m), m};
}

template <class T>
HWY_INLINE T Dot(const T* a, const T* b, int64_t width) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  for (int64_t c = 0; c < width; c += hn::Lanes(d))
    sum = hn::MulAdd(hn::Load(d, a + c), hn::Load(d, b + c), sum);
  return LaneSum(d, sum);
}

/// to = x times factor; what stands behind the last number becomes 0.
template <class T>
HWY_INLINE void LoadScaled(const T* x, int64_t size, int64_t width, T factor, T* to) {
  for (int64_t a = 0; a < size; ++a) to[a] = x[a] * factor;
  std::fill(to + size, to + width, T{0});
}

/// to = f from + ik v^T in `kVectors` vectors of columns; with kRead also r = to^T q, a chain a
/// number in the order of the rows, however many columns go together.
template <int kVectors, bool kRead, class T>
HWY_INLINE void AdvanceColumns(const HeadSequence<T>& head, T forget, const T* ik, const T* v,
                               const T* from, T* to, const T* q, T* r) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto f = hn::Set(d, forget);
  hn::Vec<decltype(d)> values[kVectors], sums[kVectors];
  for (int j = 0; j < kVectors; ++j) {
    values[j] = hn::Load(d, v + j * lanes);
    sums[j] = hn::Zero(d);
  }
  for (int64_t a = 0; a < head.size; ++a) {
    const auto key = hn::Set(d, ik[a]);
    const T* const old = from + a * head.width;
    T* const now = to + a * head.width;
    for (int j = 0; j < kVectors; ++j) {
      const auto c = hn::MulAdd(key, values[j], hn::Mul(f, hn::Load(d, old + j * lanes)));
      hn::Store(c, d, now + j * lanes);
      if constexpr (kRead) sums[j] = hn::MulAdd(hn::Set(d, q[a]), c, sums[j]);
    }
  }
  if constexpr (kRead)
    for (int j = 0; j < kVectors; ++j) hn::Store(sums[j], d, r + j * lanes);
}

template <bool kRead, class T>
HWY_INLINE void Advance(const HeadSequence<T>& head, T forget, const T* ik, const T* v,
                        const T* from, T* to, const T* q, T* r) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  int64_t c = 0;
  for (; c + 4 * lanes <= head.width; c += 4 * lanes)
    AdvanceColumns<4, kRead>(head, forget, ik, v + c, from + c, to + c, q, r + c);
  for (; c + 2 * lanes <= head.width; c += 2 * lanes)
    AdvanceColumns<2, kRead>(head, forget, ik, v + c, from + c, to + c, q, r + c);
  for (; c < head.width; c += lanes)
    AdvanceColumns<1, kRead>(head, forget, ik, v + c, from + c, to + c, q, r + c);
}

/// The same of n, the row behind those of C.
template <class T>
HWY_INLINE void AdvanceNormalizer(const HeadSequence<T>& head, T forget, const T* ik, const T* from,
                                  T* to) {
  const hn::ScalableTag<T> d;
  const int64_t n = head.size * head.width;
  for (int64_t c = 0; c < head.width; c += hn::Lanes(d))
    hn::Store(hn::MulAdd(hn::Set(d, forget), hn::Load(d, from + n + c), hn::Load(d, ik + c)), d,
              to + n + c);
}

template <class T>
class HeadForward {
 public:
  explicit HeadForward(HeadSequence<T>& head) : head_(head) {
    T* room = head.scratch;
    for (T** part : {&q_, &k_, &ik_, &v_, &o_, &h_}) {
      *part = room;
      room += head.width;
    }
  }

  void Run() {
    for (int64_t s = 0; s < head_.steps; ++s) {
      if (head_.checkpoints != nullptr && s % head_.segment == 0)
        std::copy_n(head_.memory, head_.memory_size(),
                    head_.checkpoints + s / head_.segment * head_.memory_size());
      Step(s);
    }
  }

 private:
  void Step(int64_t s) {
    const T* const from = head_.projected + s * head_.projected_stride();
    const T* const gates = head_.gates + s * 2 * head_.heads;
    const int64_t size = head_.size, width = head_.width;
    LoadScaled(from, size, width, T{1}, q_);
    LoadScaled(from + head_.hidden_size, size, width, 1 / std::sqrt(static_cast<T>(size)), k_);
    LoadScaled(from + 2 * head_.hidden_size, size, width, T{1}, v_);
    const StepScale<T> scale = ScaleOf(gates[0], gates[head_.heads], head_.stabilizer);
    head_.stabilizer = scale.stabilizer;
    if (head_.scales != nullptr) head_.scales[s * head_.heads] = scale;
    for (int64_t a = 0; a < width; ++a) ik_[a] = scale.input * k_[a];
    T* const memory = head_.memory;
    Advance<true>(head_, scale.forget, ik_, v_, memory, memory, q_, h_);
    AdvanceNormalizer(head_, scale.forget, ik_, memory, memory);
    const T overlap = std::abs(Dot(q_, memory + size * width, width));
    const T denominator =
        std::max(overlap, std::exp(-scale.stabilizer)) + static_cast<T>(kDenominatorEpsilon);
    for (int64_t c = 0; c < size; ++c) h_[c] /= denominator;
    if (head_.hidden != nullptr) std::copy_n(h_, size, head_.hidden + s * head_.hidden_size);
    WriteOutput(s);
  }

  void WriteOutput(int64_t s) {
    T* const to = head_.output + s * head_.output_stride;
    if (!head_.output_gate) {
      std::copy_n(h_, head_.size, to);
      return;
    }
    const hn::ScalableTag<T> d;
    T* const gate = head_.projected + s * head_.projected_stride() + 3 * head_.hidden_size;
    LoadScaled(gate, head_.size, head_.width, T{1}, o_);
    for (int64_t c = 0; c < head_.width; c += hn::Lanes(d))
      hn::Store(Sigmoid(d, hn::Load(d, o_ + c)), d, o_ + c);
    std::copy_n(o_, head_.size, gate);
    for (int64_t c = 0; c < head_.size; ++c) to[c] = o_[c] * h_[c];
  }

  HeadSequence<T>& head_;
  T *q_, *k_, *ik_, *v_, *o_, *h_;
};

/// Steps backwards, a segment at a time: the memories before each of its steps are made again from
/// the checkpoint before the first.
template <class T>
class HeadBackward {
 public:
  HeadBackward(const HeadSequence<T>& head, HeadGradient<T>& gradient)
      : head_(head), gradient_(gradient), shrink_(1 / std::sqrt(static_cast<T>(head.size))) {
    T* room = head.scratch;
    for (T** part : {&q_, &k_, &ik_, &v_, &h_, &dh_, &dq_, &dk_, &dv_}) {
      *part = room;
      room += head.width;
    }
    std::fill(head.scratch, room, T{0});
    before_ = room;
    dn_ = gradient.memory + head.size * head.width;
  }

  void Run() {
    for (int64_t end = head_.steps; end > 0;) {
      const int64_t begin = (end - 1) / head_.segment * head_.segment;
      Replay(begin, end);
      for (int64_t s = end - 1; s >= begin; --s) Step(s, Before(s - begin), Before(s - begin + 1));
      end = begin;
    }
  }

 private:
  T* Before(int64_t place) const { return before_ + place * head_.memory_size(); }

  void LoadKey(int64_t s) {
    const T* const from = head_.projected + s * head_.projected_stride();
    LoadScaled(from + head_.hidden_size, head_.size, head_.width, shrink_, k_);
    LoadScaled(from + 2 * head_.hidden_size, head_.size, head_.width, T{1}, v_);
    const T input = head_.scales[s * head_.heads].input;
    for (int64_t a = 0; a < head_.width; ++a) ik_[a] = input * k_[a];
  }

  /// After the last step of a segment only n is asked for.
  void Replay(int64_t begin, int64_t end) {
    std::copy_n(head_.checkpoints + begin / head_.segment * head_.memory_size(),
                head_.memory_size(), before_);
    for (int64_t s = begin; s < end; ++s) {
      LoadKey(s);
      const T forget = head_.scales[s * head_.heads].forget;
      const T* const from = Before(s - begin);
      T* const to = Before(s - begin + 1);
      AdvanceNormalizer(head_, forget, ik_, from, to);
      if (s + 1 < end) Advance<false>(head_, forget, ik_, v_, from, to, q_, dv_);
    }
  }

  void Step(int64_t s, const T* before, const T* after) {
    const StepScale<T> scale = head_.scales[s * head_.heads];
    LoadKey(s);
    LoadScaled(head_.projected + s * head_.projected_stride(), head_.size, head_.width, T{1}, q_);
    LoadOutputGradient(s);
    const int64_t n = head_.size * head_.width;
    const T overlap = DifferentiateDenominator(scale, after + n);
    const T of_memory = DifferentiateMemory(scale.forget, before);
    StoreProjected(s, scale, overlap, after + n);
    StoreGates(s, of_memory + Dot(dn_, before + n, head_.width), Dot(k_, dk_, head_.width));
    for (int64_t a = 0; a < head_.size; ++a) dn_[a] *= scale.forget;
  }

  /// dh of this step, that of the output gate on the way.
  void LoadOutputGradient(int64_t s) {
    const int64_t size = head_.size;
    const bool arrives =
        gradient_.output != nullptr && (gradient_.output_stride > 0 || s + 1 == head_.steps);
    std::copy_n(head_.hidden + s * head_.hidden_size, size, h_);
    if (arrives)
      std::copy_n(gradient_.output + s * gradient_.output_stride, size, dh_);
    else
      std::fill_n(dh_, size, T{0});
    if (!head_.output_gate) return;
    const int64_t at = s * head_.projected_stride() + 3 * head_.hidden_size;
    const T* const o = head_.projected + at;
    T* const to = gradient_.projected + at;
    for (int64_t c = 0; c < size; ++c) {
      to[c] = dh_[c] * h_[c] * o[c] * (1 - o[c]);
      dh_[c] *= o[c];
    }
  }

  /// Turns dh into the gradient of C'^T q, and returns that of n' q (the overlap). Where exp(-m')
  /// is the larger, m' takes the share: d log(denominator) / dm' is -exp(-m') / (exp(-m') + 1e-6),
  /// written such that neither overflows.
  T DifferentiateDenominator(const StepScale<T>& scale, const T* normalizer) {
    constexpr T epsilon = static_cast<T>(kDenominatorEpsilon);
    const T share = Dot(dh_, h_, head_.width);
    const T product = Dot(q_, normalizer, head_.width);
    const T least = std::exp(-scale.stabilizer);
    const bool by_overlap = std::abs(product) > least;
    const T denominator = std::max(std::abs(product), least) + epsilon;
    for (int64_t c = 0; c < head_.size; ++c) dh_[c] /= denominator;
    if (by_overlap) return (product > 0 ? -share : share) / denominator;
    gradient_.stabilizer += share / (1 + epsilon * std::exp(scale.stabilizer));
    return 0;
  }

  /// dC += q dh^T; dk = dC v, dv = dC^T k, dq = C dh; then dC *= f. Returns the product of dC and
  /// C, which is the gradient of f.
  T DifferentiateMemory(T forget, const T* before) {
    const hn::ScalableTag<T> d;
    std::fill_n(dv_, head_.width, T{0});
    auto decay = hn::Zero(d);
    int64_t a = 0;
    for (; a + 2 <= head_.size; a += 2) decay = DifferentiateRows<2>(forget, before, a, decay);
    for (; a < head_.size; ++a) decay = DifferentiateRows<1>(forget, before, a, decay);
    return LaneSum(d, decay);
  }

  template <int kRows, class V>
  HWY_INLINE V DifferentiateRows(T forget, const T* before, int64_t row, V decay) {
    const hn::ScalableTag<T> d;
    const V f = hn::Set(d, forget);
    V q[kRows], k[kRows], dk[kRows], dq[kRows], products[kRows];
    for (int r = 0; r < kRows; ++r) {
      q[r] = hn::Set(d, q_[row + r]);
      k[r] = hn::Set(d, k_[row + r]);
      dk[r] = dq[r] = products[r] = hn::Zero(d);
    }
    for (int64_t c = 0; c < head_.width; c += hn::Lanes(d)) {
      const V dh = hn::Load(d, dh_ + c), v = hn::Load(d, v_ + c);
      V dv = hn::Load(d, dv_ + c);
      for (int r = 0; r < kRows; ++r) {
        const int64_t at = (row + r) * head_.width + c;
        const V old = hn::Load(d, before + at);
        const V dmemory = hn::MulAdd(q[r], dh, hn::Load(d, gradient_.memory + at));
        dk[r] = hn::MulAdd(dmemory, v, dk[r]);
        dv = hn::MulAdd(k[r], dmemory, dv);
        dq[r] = hn::MulAdd(old, dh, dq[r]);
        products[r] = hn::MulAdd(dmemory, old, products[r]);
        hn::Store(hn::Mul(f, dmemory), d, gradient_.memory + at);
      }
      hn::Store(dv, d, dv_ + c);
    }
    for (int r = 0; r < kRows; ++r) {
      dk_[row + r] = LaneSum(d, dk[r]);
      dq_[row + r] = LaneSum(d, dq[r]);
      decay = hn::Add(decay, products[r]);
    }
    return decay;
  }

  /// C' dh is f C dh + i k (v dh); n' has gradients from its product with q and from later steps.
  void StoreProjected(int64_t s, const StepScale<T>& scale, T overlap, const T* normalizer) {
    T* const to = gradient_.projected + s * head_.projected_stride();
    const T value = Dot(v_, dh_, head_.width);
    for (int64_t a = 0; a < head_.size; ++a) {
      dn_[a] += overlap * q_[a];
      dk_[a] += dn_[a];
      to[a] = scale.forget * dq_[a] + ik_[a] * value + overlap * normalizer[a];
      to[head_.hidden_size + a] = shrink_ * scale.input * dk_[a];
      to[2 * head_.hidden_size + a] = scale.input * dv_[a];
    }
  }

  /// From the gradients of f and i those of the two gates and of m; m' is a or i~, and m lies in a.
  void StoreGates(int64_t s, T df, T di) {
    const StepScale<T>& scale = head_.scales[s * head_.heads];
    const T* const gates = head_.gates + s * 2 * head_.heads;
    T* const to = gradient_.gates + s * 2 * head_.heads;
    T da = scale.forget * df, dinput = scale.input * di;
    const T dm = gradient_.stabilizer - da - dinput;
    (scale.stabilizer == gates[0] ? dinput : da) += dm;
    to[0] = dinput;
    to[head_.heads] = da / (1 + std::exp(gates[head_.heads]));
    gradient_.stabilizer = da;
  }

  const HeadSequence<T>& head_;
  HeadGradient<T>& gradient_;
  const T shrink_;  // of k
  T *q_, *k_, *ik_, *v_, *h_, *dh_, *dq_, *dk_, *dv_, *dn_;
  T* before_;  // [segment + 1][d + 1][width]
};

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
