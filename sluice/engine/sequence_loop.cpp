#include "sluice/engine/sequence_loop.h"

namespace sluice {

Share share_of(const CellLayout& layout, int thread, int team) {
  const int outputs = static_cast<int>(layout.hidden_blocks.size());
  const auto& blocks = layout.unit_blocks;
  const int count = static_cast<int>(blocks.size());
  Share share{outputs * thread / team, outputs * (thread + 1) / team, 0, 0, 0, 0, thread, team};
  share.first_unit_block = count * thread / team;
  share.last_unit_block = count * (thread + 1) / team;
  for (int b = 0; b < share.last_unit_block; ++b) {
    if (b < share.first_unit_block) share.first_group += blocks[b];
    share.last_group += blocks[b];
  }
  return share;
}

}  // namespace sluice
