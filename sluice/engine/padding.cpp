#include "sluice/engine/padding.h"

#include <algorithm>
#include <string>

#include "sluice/base/error.h"

namespace sluice {

Padding masked(std::vector<uint8_t> real, int steps) {
  if (steps < 1 || real.empty() || real.size() % static_cast<size_t>(steps) != 0)
    fail_config("layer.mask", "mask",
                std::to_string(real.size()) + " marks do not part into rows of " +
                    std::to_string(steps) + " steps",
                "give one mark for each step of each row");
  Padding padding;
  for (auto row = real.begin(); row != real.end(); row += steps)
    padding.lengths.push_back(
        static_cast<int>(std::count_if(row, row + steps, [](uint8_t r) { return r != 0; })));
  padding.real = std::move(real);
  return padding;
}

}  // namespace sluice
