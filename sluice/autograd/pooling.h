// Maxima and means over windows of a sequence.
#pragma once

#include "sluice/autograd/variable.h"
#include "sluice/tensor/patches.h"

namespace sluice {

/// The largest number of each window and channel, x [B,T,C] -> [B,T',C]; padding never is the
/// largest, NaN always is. The gradient goes to the first place that holds it. Of `time` the size
/// is taken from x. Throws Error "autograd.pooling" where no window fits, or one sees only padding.
Variable max_pool1d(const Variable& x, WindowAxis time);

/// The mean of each window and channel. With `count_padding` (PyTorch) padding counts as zeros,
/// else (Keras) a window at the edge is the mean of what it sees. What a last window of `ceil_mode`
/// lacks beyond the padding never counts: `padded_after` places behind the axis are padding.
Variable avg_pool1d(const Variable& x, WindowAxis time, bool count_padding, int64_t padded_after);

}  // namespace sluice
