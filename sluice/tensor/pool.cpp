#include "sluice/tensor/pool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <new>

#include "sluice/tensor/large_pages.h"

namespace sluice {

namespace {

constexpr std::size_t smallest = 64, alignment = 64;
// Blocks of shapes that are gone are given up once this much waits unused.
constexpr std::size_t most_cached = std::size_t{1} << 30;

// Four size classes between neighbouring powers of two: at most a fifth of a block is unused.
struct SizeClass {
  int index;
  std::size_t bytes;
};

constexpr SizeClass size_class(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 56)) throw std::bad_alloc();
  bytes = std::max(bytes, smallest);
  const int power =
      static_cast<int>(std::bit_width(bytes - 1)) - 1;  // 2^power < bytes <= 2^(power+1)
  const std::size_t base = std::size_t{1} << power, step = base / 4;
  const std::size_t quarter = (bytes - base + step - 1) / step;
  return {4 * power + static_cast<int>(quarter), base + quarter * step};
}

// The bytes of a class, from its index.
constexpr std::size_t size_class_bytes(int index) {
  const std::size_t base = std::size_t{1} << (index - 1) / 4;
  return base + (static_cast<std::size_t>(index - 1) % 4 + 1) * (base / 4);
}
static_assert(size_class_bytes(size_class(100'000).index) == size_class(100'000).bytes);

// A free block holds the link to the next one of its class.
struct FreeBlock {
  FreeBlock* next;
};

class Pool {
 public:
  void* take(SizeClass wanted) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (FreeBlock* block = free_[wanted.index]) {
        free_[wanted.index] = block->next;
        cached_ -= wanted.bytes;
        return block;
      }
      if (cached_ > most_cached) drop_all();
      if (wanted.bytes >= least_large) return take_large(wanted.bytes);
    }
    return ::operator new(wanted.bytes, std::align_val_t{alignment});
  }

  void give(void* memory, SizeClass kind) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_[kind.index] = ::new (memory) FreeBlock{free_[kind.index]};
    cached_ += kind.bytes;
  }

  void trim() {
    const std::lock_guard<std::mutex> lock(mutex_);
    drop_all();
  }

  std::size_t cached() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return cached_;
  }

 private:
  void drop_all() {
    constexpr int least = size_class(least_large).index;
    for (int index = 0; index < static_cast<int>(free_.size()); ++index)
      while (FreeBlock* const first = free_[index]) {
        free_[index] = first->next;
        if (index < least)
          ::operator delete(static_cast<void*>(first), std::align_val_t{alignment});
        else
          give_large(first, size_class_bytes(index));
      }
    cached_ = 0;
  }

  std::mutex mutex_;
  std::array<FreeBlock*, 4 * 57 + 5> free_{};
  std::size_t cached_ = 0;
};

// Never destroyed: tensors in static objects may outlive every other static.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void* pool_allocate(std::size_t bytes) { return pool().take(size_class(bytes)); }

void pool_release(void* memory, std::size_t bytes) noexcept {
  if (memory) pool().give(memory, size_class(bytes));
}

std::size_t pool_cached_bytes() { return pool().cached(); }

void pool_trim() { pool().trim(); }

}  // namespace sluice
