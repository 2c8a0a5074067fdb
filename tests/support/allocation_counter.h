// Counts every call of the heap, by any thread and any library, while it exists.
#pragma once

#include <cstdint>

namespace sluice::test {

/// False under sanitizers, which bring a heap of their own.
bool can_count_allocations();

class AllocationCounter {
 public:
  AllocationCounter();
  /// Calls of malloc and its relatives since construction; operator new ends there too.
  int64_t count() const;

 private:
  int64_t before_;
};

}  // namespace sluice::test
