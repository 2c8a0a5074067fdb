#include "sluice/base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice {
namespace {

TEST(Log, GoesToTheSinkThatIsSet) {
  std::vector<std::pair<LogLevel, std::string>> seen;
  const LogSink before =
      set_log_sink([&](LogLevel level, std::string_view text) { seen.emplace_back(level, text); });
  log_message(LogLevel::info, "one");
  log_message(LogLevel::warning, "two");
  set_log_sink({});
  log_message(LogLevel::warning, "nobody listens");
  set_log_sink(before);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0], std::make_pair(LogLevel::info, std::string("one")));
  EXPECT_EQ(seen[1], std::make_pair(LogLevel::warning, std::string("two")));
}

}  // namespace
}  // namespace sluice
