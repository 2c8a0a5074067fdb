// The equations of the optimizers, for the instruction set being compiled: θ is the parameter,
// g its gradient, η the learning rate; `m` holds what is remembered, and is changed.
#if defined(SLUICE_UPDATE_RULES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SLUICE_UPDATE_RULES_INL
#undef SLUICE_UPDATE_RULES_INL
#else
#define SLUICE_UPDATE_RULES_INL
#endif

#include <hwy/highway.h>

#include "sluice/train/update.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A vector with the operators of a number.
template <class D>
struct Lanes {
  using T = hn::TFromD<D>;
  hn::Vec<D> v;

  HWY_INLINE explicit Lanes(hn::Vec<D> value) : v(value) {}
  HWY_INLINE Lanes(double number) : v(hn::Set(D(), static_cast<T>(number))) {}
  HWY_INLINE Lanes() : v(hn::Zero(D())) {}
};
template <class D>
HWY_INLINE Lanes<D> operator+(Lanes<D> a, Lanes<D> b) {
  return Lanes<D>(hn::Add(a.v, b.v));
}
template <class D>
HWY_INLINE Lanes<D> operator-(Lanes<D> a, Lanes<D> b) {
  return Lanes<D>(hn::Sub(a.v, b.v));
}
template <class D>
HWY_INLINE Lanes<D> operator*(Lanes<D> a, Lanes<D> b) {
  return Lanes<D>(hn::Mul(a.v, b.v));
}
template <class D>
HWY_INLINE Lanes<D> operator*(double a, Lanes<D> b) {
  return Lanes<D>(a) * b;
}
template <class D>
HWY_INLINE Lanes<D> operator/(Lanes<D> a, Lanes<D> b) {
  return Lanes<D>(hn::Div(a.v, b.v));
}
template <class D>
HWY_INLINE Lanes<D> Root(Lanes<D> a) {
  return Lanes<D>(hn::Sqrt(a.v));
}

/// Moves a running mean towards what is fresh.
template <class D>
HWY_INLINE Lanes<D> MeanOf(double kept, Lanes<D> mean, double fresh, Lanes<D> what) {
  return kept * mean + fresh * what;
}

// PyTorch: v = μv + (1 − d)g, θ −= ηv, or θ −= η(g + μv) with Nesterov.
// Keras:   v = μv − ηg, θ += v, or θ += μv − ηg with Nesterov.
template <int Moments, class D>
HWY_INLINE Lanes<D> Updated(const SgdRule& r, Lanes<D> g, Lanes<D> value, Lanes<D>* m) {
  if constexpr (Moments == 0) return value - r.rate * g;
  if (r.keras) {
    const Lanes<D> move = r.rate * g;
    m[0] = r.momentum * m[0] - move;
    return value + (r.nesterov ? r.momentum * m[0] - move : m[0]);
  }
  m[0] = r.momentum * m[0] + r.fresh * g;
  return value - r.rate * (r.nesterov ? g + r.momentum * m[0] : m[0]);
}

// m = β1 m + (1 − β1)g, v = β2 v + (1 − β2)g², θ −= rate · m / (√v · root_scale + ε); in the rates
// are the corrections of the start, which is where PyTorch and Keras differ. AMSGrad takes the
// largest v so far. NAdam: rate · m + gradient_rate · g in the place of rate · m.
template <int Moments, class D>
HWY_INLINE Lanes<D> Updated(const AdamRule& r, Lanes<D> g, Lanes<D> value, Lanes<D>* m) {
  m[0] = m[0] + r.fresh1 * (g - m[0]);
  m[1] = MeanOf(r.beta2, m[1], r.fresh2, g * g);
  Lanes<D> square = m[1];
  if constexpr (Moments == 3) square = m[2] = Lanes<D>(hn::Max(m[2].v, m[1].v));
  const Lanes<D> root = Root(square) * Lanes<D>(r.root_scale) + Lanes<D>(r.epsilon);
  if (r.gradient_rate == 0) return value - r.rate * (m[0] / root);
  return value - (r.rate * m[0] + r.gradient_rate * g) / root;
}

// v = ρv + (1 − ρ)g²; where centered ḡ = ρḡ + (1 − ρ)g, and v − ḡ² in the place of v.
// PyTorch: b = μb + g / (√v + ε), θ −= ηb.  Keras: b = μb + ηg / √(v + ε), θ −= b.
template <int Moments, class D>
HWY_INLINE Lanes<D> Updated(const RmspropRule& r, Lanes<D> g, Lanes<D> value, Lanes<D>* m) {
  m[0] = MeanOf(r.rho, m[0], r.fresh, g * g);
  Lanes<D> square = m[0];
  if (Moments > 1 && r.centered) {
    m[1] = m[1] + r.fresh * (g - m[1]);
    // Rounding may leave a variance a little below 0, whose root would be no number.
    square = Lanes<D>(hn::Max(hn::Zero(D()), (square - m[1] * m[1]).v));
  }
  const Lanes<D> epsilon(r.epsilon);
  Lanes<D> move = r.keras ? (r.rate * g) / Root(square + epsilon) : g / (Root(square) + epsilon);
  if (Moments > 1 && r.momentum > 0) {
    constexpr int velocity = Moments - 1;
    m[velocity] = r.momentum * m[velocity] + move;
    move = m[velocity];
  }
  return value - (r.keras ? move : r.rate * move);
}

// G += g²; PyTorch: θ −= ηg / (√G + ε).  Keras: θ −= ηg / √(G + ε).
template <int Moments, class D>
HWY_INLINE Lanes<D> Updated(const AdagradRule& r, Lanes<D> g, Lanes<D> value, Lanes<D>* m) {
  m[0] = m[0] + g * g;
  const Lanes<D> epsilon(r.epsilon);
  if (r.keras) return value - (r.rate * g) / Root(m[0] + epsilon);
  return value - r.rate * (g / (Root(m[0]) + epsilon));
}

// E = ρE + (1 − ρ)g², δ = g √(D + ε) / √(E + ε), D = ρD + (1 − ρ)δ², θ −= ηδ.
template <int Moments, class D>
HWY_INLINE Lanes<D> Updated(const AdadeltaRule& r, Lanes<D> g, Lanes<D> value, Lanes<D>* m) {
  const Lanes<D> epsilon(r.epsilon);
  m[0] = MeanOf(r.rho, m[0], r.fresh, g * g);
  const Lanes<D> move = Root(m[1] + epsilon) / Root(m[0] + epsilon) * g;
  m[1] = MeanOf(r.rho, m[1], r.fresh, move * move);
  return value - r.rate * move;
}

// Δ grows where g keeps its sign and shrinks where it turns, θ −= Δ sign(g); a g that turned is
// forgotten, so that the number rests for this step and the next is neutral.
template <int Moments, class D>
HWY_INLINE Lanes<D> Updated(const RpropRule& r, Lanes<D> g, Lanes<D> value, Lanes<D>* m) {
  const D d;
  const auto zero = hn::Zero(d);
  const auto same = (g * m[0]).v;
  const auto turned = hn::Lt(same, zero);
  const Lanes<D> grown = r.grow * m[1], shrunk = r.shrink * m[1];
  auto size = hn::IfThenElse(turned, shrunk.v, hn::IfThenElse(hn::Gt(same, zero), grown.v, m[1].v));
  size = hn::Min(hn::Max(size, Lanes<D>(r.smallest).v), Lanes<D>(r.largest).v);
  m[1] = Lanes<D>(size);
  m[0] = Lanes<D>(hn::IfThenZeroElse(turned, g.v));
  const auto down = hn::IfThenElseZero(hn::Lt(m[0].v, zero), size);
  return value + Lanes<D>(hn::Sub(down, hn::IfThenElseZero(hn::Gt(m[0].v, zero), size)));
}

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
