#include "sluice/report/heat_map.h"

#include <cmath>
#include <cstdlib>

#include "gtest/gtest.h"
#include "tests/io/expect_error.h"
#include "tests/io/temporary_folder.h"

namespace sluice {
namespace {

#define NEEDS_GNUPLOT()                                       \
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) \
  GTEST_SKIP() << "gnuplot is not installed (apt-get install gnuplot-nox)"

HeatMap two_by_three() {
  return {.title = "Where it looks",
          .x_label = "",
          .y_label = "",
          .columns = {"a", "b", "%c"},
          .rows = {"1", "it's"},
          .values = {{0, 0.5, 1}, {1, NAN, 0}}};
}

TEST(HeatMap, NumbersBecomeColours) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  write_heat_map(two_by_three(), folder.file("map.svg"));
  const std::string svg = read_bytes(folder.file("map.svg"));
  for (const char* text : {"Where it looks", ">a<", "%c", "it’s"})
    EXPECT_NE(svg.find(text), svg.npos) << text;
  // White for the least, the darkest for the greatest, and what is between them.
  for (const char* colour : {"rgb( 22, 104, 184)", "rgb(255, 255, 255)"})
    EXPECT_NE(svg.find(colour), svg.npos) << colour;
  HeatMap other = two_by_three();
  other.values[0][1] = 0.9;
  write_heat_map(other, folder.file("other.svg"));
  EXPECT_NE(read_bytes(folder.file("other.svg")), svg);
  write_heat_map(two_by_three(), folder.file("map.png"));
  EXPECT_TRUE(read_bytes(folder.file("map.png")).starts_with("\x89PNG"));
}

TEST(HeatMap, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string path = folder.file("map.svg");
  HeatMap map = two_by_three();
  map.values[1].pop_back();
  Error error = error_of([&] { write_heat_map(map, path); });
  EXPECT_EQ(error.id, "report.chart");
  EXPECT_NE(error.message.find("not 2 rows of 3"), std::string::npos) << error.what();
  map = two_by_three();
  map.greatest = 0;
  error = error_of([&] { write_heat_map(map, path); });
  EXPECT_EQ(error.id, "report.chart");
  EXPECT_NE(error.message.find("not below"), std::string::npos) << error.what();
  error = error_of([&] { write_heat_map(two_by_three(), folder.file("map.gif")); });
  EXPECT_EQ(error.id, "report.figure_type");
}

}  // namespace
}  // namespace sluice
