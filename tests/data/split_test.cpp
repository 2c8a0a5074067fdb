// Splits by count, share and date.
#include "sluice/data/split.h"

#include "sluice/data/synthetic.h"
#include "support.h"

namespace sluice {
namespace {

Frame months(int64_t rows) {
  SyntheticOptions options;
  options.rows = rows;
  return synthetic_frame(options);  // from 2000-01 on
}

Split split(int64_t rows, const SplitOptions& options) { return split_rows(months(rows), options); }

TEST(Split, CountShareDate) {
  EXPECT_EQ(split(144, {"", "", "48"}).train_end, 96);
  EXPECT_EQ(split(144, {"0.67", "", ""}).train_end, 96);  // int(144 · 0.67)
  EXPECT_EQ(split(144, {"", "", "33%"}).train_end, 96);
  EXPECT_EQ(split(141, {"0.8", "", ""}).train_end, 112);
  EXPECT_EQ(split(100, {"0.29", "", ""}).train_end, 29);
  EXPECT_EQ(split(100, {"70", "", ""}).train_end, 70);
  EXPECT_EQ(split(144, {"", "", "2008-01-01"}).train_end, 96);
  EXPECT_EQ(split(144, {"", "", "2008-01"}).validation_end, 96);
  EXPECT_EQ(split(144, {"", "", "2007-12-15"}).train_end, 96);
  const Split none = split(144, {});
  EXPECT_EQ(none.train_end, 144);
  EXPECT_EQ(none.rows, 144);
}

TEST(Split, ValidationIsTheEndOfTraining) {
  const Split counted = split(144, {"", "12", "48"});
  EXPECT_EQ(counted.train_end, 84);
  EXPECT_EQ(counted.validation_end, 96);
  EXPECT_EQ(split(144, {"", "25%", "48"}).train_end, 72);
  EXPECT_EQ(split(144, {"", "2007-01", "2008-01"}).train_end, 84);
}

TEST(Split, RefusalsNameTheOption) {
  struct Case {
    SplitOptions options;
    const char* where;
  };
  for (const Case& one : {Case{{"", "", "144"}, "test"},
                          {{"", "", "200"}, "test"},
                          {{"", "", "2050-01-01"}, "test"},
                          {{"", "", "1990-01-01"}, "test"},
                          {{"", "96", "48"}, "validation"},
                          {{"", "2009-01", "2008-01"}, "validation"},
                          {{"144", "", ""}, "test"},
                          {{"96", "", "48"}, "train"},
                          {{"2008-01", "", ""}, "train"},
                          {{"", "", "-5"}, "test"},
                          {{"", "", "1.5"}, "test"},
                          {{"", "", "120%"}, "test"},
                          {{"", "", "later"}, "test"}}) {
    const Error error = error_of([&] { split(144, one.options); });
    EXPECT_EQ(error.where, one.where) << error.what();
    EXPECT_EQ(error.code, ExitCode::config);
  }
  const Frame frame = read_csv_text("y\n1\n2\n3\n", "a.csv");
  EXPECT_EQ(std::string(error_of([&] { split_rows(frame, {"", "", "2020-01-01"}); }).what()),
            "test: a date needs a file with dates, and a.csv has none; say a number of rows or a "
            "share");
}

TEST(Synthetic, SameSeedSameSeries) {
  SyntheticOptions options;
  EXPECT_EQ(synthetic_series(options), synthetic_series(options));
  options.seed = 2;
  EXPECT_NE(synthetic_series(options), synthetic_series({}));
  options.noise = 0;
  const std::vector<double> plain = synthetic_series(options);
  EXPECT_EQ(plain[0], 100);
  EXPECT_NEAR(plain[3], 100 + 1.5 + 20, 1e-12);
}

}  // namespace
}  // namespace sluice
