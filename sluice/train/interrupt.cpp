#include "sluice/train/interrupt.h"

#include <atomic>

namespace sluice {

namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler must not take a lock");

}  // namespace

void request_interrupt() noexcept { requested.store(true); }
bool interrupt_requested() noexcept { return requested.load(); }
void clear_interrupt() noexcept { requested.store(false); }

}  // namespace sluice
