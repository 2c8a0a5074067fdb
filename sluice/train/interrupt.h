// A flag that a signal handler may set: training stops at the next batch and keeps its best.
#pragma once

namespace sluice {

/// Safe in a signal handler.
void request_interrupt() noexcept;
bool interrupt_requested() noexcept;
void clear_interrupt() noexcept;

}  // namespace sluice
