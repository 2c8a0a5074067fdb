// Dropout: zeros at random places while training.
#pragma once

#include "sluice/layers/module.h"

namespace sluice {

/// Each number becomes 0 with probability `rate`, else is divided by 1 − rate; nothing happens in
/// evaluation mode. The mask follows from the key, the pass and the place of the number alone, so
/// it does not depend on threads and is not stored.
class Dropout : public Module {
 public:
  /// `rate` in [0, 1). The key is `seed` until a trainer sets another.
  explicit Dropout(double rate, uint64_t seed = 0);

  Variable forward(const Variable& x, const Padding& padding = {}) override;
  void set_mask_key(MaskKey& key) override;
  bool keep_masks(bool on) override;
  double rate() const { return rate_; }

 private:
  double rate_;
  MaskKey key_;
  uint32_t pass_ = 0;  // forward passes since the key was set
};

}  // namespace sluice
