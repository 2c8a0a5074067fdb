// Register-tiled kernels; compiled once for each instruction set.
#include "sluice/tensor/panel.h"

#include "sluice/tensor/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sluice/tensor/panel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/tensor/panel_gradient-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {

/// Panels of four vectors, where there are registers enough.
template <class D, class T = hn::TFromD<D>>
struct WidePanel {
#if SLUICE_REGISTERS == 32
  static constexpr auto product = Product<D, 4>;
  static constexpr auto product_split = ProductSplit<D, 4>;
  static constexpr auto product_few = ProductFew<D, 4>;
  static constexpr auto product_side = ProductSide<D, 4>;
  static constexpr auto outer = Outer<D, 4>;
#else
  static constexpr void (*product)(const PanelTask<T>&, int) = nullptr;
  static constexpr void (*product_split)(const PanelTask<T>&, int) = nullptr;
  static constexpr void (*product_few)(const PanelTask<T>*, int, int) = nullptr;
  static constexpr void (*product_side)(const PanelTask<T>*, int) = nullptr;
  static constexpr void (*outer)(const OuterTask<T>&) = nullptr;
#endif
};

template <class T>
const PanelKernels<T>* kernels() {
  using D = hn::ScalableTag<T>;
  static const PanelKernels<T> table = {
      static_cast<int>(hn::Lanes(D())),
      hwy::TargetName(HWY_TARGET),
      kWidestPanel,
      {nullptr, Product<D, 1>, Product<D, 2>, Product<D, 3>, WidePanel<D>::product},
      {nullptr, ProductSplit<D, 1>, ProductSplit<D, 2>, ProductSplit<D, 3>,
       WidePanel<D>::product_split},
      {nullptr, ProductFew<D, 1>, ProductFew<D, 2>, ProductFew<D, 3>, WidePanel<D>::product_few},
      {nullptr, ProductSide<D, 1>, ProductSide<D, 2>, ProductSide<D, 3>,
       WidePanel<D>::product_side},
      {nullptr, Outer<D, 1>, Outer<D, 2>, Outer<D, 3>, WidePanel<D>::outer},
      RowDots<D>,
      ColumnSum<D>,
  };
  return &table;
}

const PanelKernels<float>* KernelsF32() { return kernels<float>(); }
const PanelKernels<double>* KernelsF64() { return kernels<double>(); }

}  // namespace sluice::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sluice {

HWY_EXPORT(KernelsF32);
HWY_EXPORT(KernelsF64);

template <>
const PanelKernels<float>& panel_kernels<float>() {
  static const PanelKernels<float>& chosen = (init_simd(), *HWY_DYNAMIC_DISPATCH(KernelsF32)());
  return chosen;
}

template <>
const PanelKernels<double>& panel_kernels<double>() {
  static const PanelKernels<double>& chosen = (init_simd(), *HWY_DYNAMIC_DISPATCH(KernelsF64)());
  return chosen;
}

const char* simd_target() { return panel_kernels<float>().target; }

}  // namespace sluice
#endif
