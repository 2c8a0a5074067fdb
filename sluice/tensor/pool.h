// Memory that is kept and handed out again, so that a warmed loop never touches the heap.
#pragma once

#include <cstddef>

namespace sluice {

/// At least `bytes` bytes, 64-byte aligned, contents undefined. Throws std::bad_alloc.
void* pool_allocate(std::size_t bytes);
/// Gives a block back; `bytes` is what it was asked for with. Any thread may call it.
void pool_release(void* memory, std::size_t bytes) noexcept;
/// Bytes that wait in the free lists.
std::size_t pool_cached_bytes();
/// Returns everything in the free lists to the heap.
void pool_trim();

}  // namespace sluice
