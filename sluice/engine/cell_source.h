// Compiles one cell for every instruction set. No include guard: a source defines
//   SLUICE_CELL_NAME    lstm                 its name in recipes and files
//   SLUICE_CELL_TYPE    Lstm                 the struct
//   SLUICE_CELL_FILE    "sluice/cells/lstm.h"
//   HWY_TARGET_INCLUDE  "this_source.cpp"
// and includes this. The build writes such a source for every row of cells/registry.def; a program
// with a cell of its own writes one by hand (see CONTRIBUTING.md) and gets `<name>_cell()`.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sluice/engine/cell_table-inl.h"
#include "sluice/tensor/simd.h"

#define SLUICE_JOIN2(a, b) a##b
#define SLUICE_JOIN(a, b) SLUICE_JOIN2(a, b)
#define SLUICE_TEXT2(a) #a
#define SLUICE_TEXT(a) SLUICE_TEXT2(a)
#define SLUICE_CELL_SPACE SLUICE_JOIN(cell_of_, SLUICE_CELL_NAME)

HWY_BEFORE_NAMESPACE();
namespace sluice::HWY_NAMESPACE {
namespace SLUICE_CELL_SPACE {
#include SLUICE_CELL_FILE
}  // namespace SLUICE_CELL_SPACE
}  // namespace sluice::HWY_NAMESPACE
namespace sluice::SLUICE_CELL_SPACE::HWY_NAMESPACE {
namespace simd = sluice::HWY_NAMESPACE;
using Declared = simd::SLUICE_CELL_SPACE::SLUICE_CELL_TYPE;
const CellKernel<float>* KernelF32() { return simd::MakeKernel<float, Declared>(); }
const CellKernel<double>* KernelF64() { return simd::MakeKernel<double, Declared>(); }
CellInfo Description() { return simd::Describe<Declared>(SLUICE_TEXT(SLUICE_CELL_NAME)); }
}  // namespace sluice::SLUICE_CELL_SPACE::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "sluice/engine/cell_symbol.h"

namespace sluice::symbolic::SLUICE_CELL_SPACE {
#include SLUICE_CELL_FILE
}
namespace sluice::SLUICE_CELL_SPACE {
HWY_EXPORT(KernelF32);
HWY_EXPORT(KernelF64);
HWY_EXPORT(Description);
const CellKernel<float>& f32() { return *HWY_DYNAMIC_DISPATCH(KernelF32)(); }
const CellKernel<double>& f64() { return *HWY_DYNAMIC_DISPATCH(KernelF64)(); }
CellInfo description() { return HWY_DYNAMIC_DISPATCH(Description)(); }
}  // namespace sluice::SLUICE_CELL_SPACE

namespace sluice {
const Cell& SLUICE_JOIN(SLUICE_CELL_NAME, _cell)() {
  static const Cell cell = [] {
    init_simd();
    Cell c{SLUICE_CELL_SPACE::description(), SLUICE_CELL_SPACE::f32, SLUICE_CELL_SPACE::f64};
    c.info.equations = symbolic::equations<symbolic::SLUICE_CELL_SPACE::SLUICE_CELL_TYPE>();
    return c;
  }();
  return cell;
}
}  // namespace sluice
#endif
