#include "sluice/layers/sequence_loop.h"

namespace sluice {

Share share_of(const CellLayout& layout, int thread, int team) {
  const auto& blocks = layout.hidden_blocks;
  const int count = static_cast<int>(blocks.size());
  Share share{count * thread / team, count * (thread + 1) / team, 0, 0, thread, team};
  for (int b = 0; b < share.last_block; ++b) {
    if (b < share.first_block) share.first_group += blocks[b];
    share.last_group += blocks[b];
  }
  return share;
}

}  // namespace sluice
