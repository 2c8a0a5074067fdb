// Which instruction sets run-time dispatch may use.
#pragma once

namespace sluice {

/// Applies SLUICE_TARGET once, before the first dispatch. Throws Error "config.target" if the
/// value is unknown or this processor lacks it.
void init_simd();

}  // namespace sluice
