// The number of threads a recipe asks for, while its work is done.
#pragma once

#include <optional>

#include "sluice/base/parallel.h"
#include "sluice/forecast/recipe.h"

namespace sluice {

/// Sets recipe.threads and, when it goes, what was set before; 0 leaves alone what the program set.
class RecipeThreads {
 public:
  explicit RecipeThreads(const Recipe& recipe) {
    if (recipe.threads == 0) return;
    before_ = num_threads();
    set_num_threads(recipe.threads);
  }
  ~RecipeThreads() {
    if (before_) set_num_threads(*before_);
  }
  RecipeThreads(const RecipeThreads&) = delete;
  RecipeThreads& operator=(const RecipeThreads&) = delete;

 private:
  std::optional<int> before_;
};

}  // namespace sluice
