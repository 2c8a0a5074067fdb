#include "sluice/base/registry.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

const std::vector<RegistryRow<int>> rows = {{"adam", "", {}, 1}, {"sgd", "", {}, 2}};

std::string hint_for(const std::string& name) {
  try {
    find_row(std::span<const RegistryRow<int>>(rows), name, "optimizer");
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "config.unknown_optimizer");
    return error.hint;
  }
  return "found";
}

TEST(Registry, FindsARow) {
  EXPECT_EQ(find_row(std::span<const RegistryRow<int>>(rows), "sgd", "optimizer").make, 2);
}

TEST(Registry, SuggestsOrLists) {
  EXPECT_EQ(hint_for("adan"), "did you mean \"adam\"?");
  EXPECT_EQ(hint_for("something"), "the known ones are adam, sgd");
}

}  // namespace
}  // namespace sluice
