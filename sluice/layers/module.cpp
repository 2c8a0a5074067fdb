#include "sluice/layers/module.h"

namespace sluice {

int64_t Module::parameter_count() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : state()) count += tensor.numel();
  return count;
}

}  // namespace sluice
