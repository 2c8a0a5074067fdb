#include "sluice/tensor/large_pages.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstdint>
#include <new>

namespace sluice {

namespace {

constexpr std::size_t page = std::size_t{2} << 20, slab_bytes = 2 * page;
constexpr std::size_t most_shared = std::size_t{1} << 20;
// Blocks that start at the same place of a small page wait for each other's lines: a few lines
// between neighbours keep them apart.
constexpr std::size_t gap = 5 * 64;

// At the start of memory that blocks share, which its alignment finds from any of them.
struct Slab {
  std::size_t used;
  int blocks;
};

Slab* current = nullptr;

void* map(std::size_t bytes, std::size_t alignment) {
  void* const memory = ::operator new(bytes, std::align_val_t{alignment});
#if defined(__linux__)
  madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: where it is not granted, small pages serve
#endif
  return memory;
}

std::size_t whole_pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

void* take_shared(std::size_t bytes) {
  if (current == nullptr || current->used + bytes > slab_bytes) {
    if (current != nullptr && current->blocks == 0)
      current->used = gap;
    else
      current = ::new (map(slab_bytes, slab_bytes)) Slab{gap, 0};
  }
  void* const block = reinterpret_cast<char*>(current) + current->used;
  current->used += (bytes + 63) / 64 * 64 + gap;
  ++current->blocks;
  return block;
}

void give_shared(void* memory) noexcept {
  auto* const slab =
      reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(memory) & ~(slab_bytes - 1));
  if (--slab->blocks > 0 || slab == current) return;
  ::operator delete(static_cast<void*>(slab), std::align_val_t{slab_bytes});
}

}  // namespace

void* take_large(std::size_t bytes) {
  return bytes <= most_shared ? take_shared(bytes) : map(whole_pages(bytes), page);
}

void give_large(void* memory, std::size_t bytes) noexcept {
  if (bytes <= most_shared)
    give_shared(memory);
  else
    ::operator delete(memory, std::align_val_t{page});
}

}  // namespace sluice
