// Transforms: learnt on the training rows alone, and taken back exactly.
#include "sluice/data/transform.h"

#include <cmath>

#include "sluice/data/synthetic.h"
#include "support.h"

namespace sluice {
namespace {

constexpr int season = 12;
constexpr int64_t train_rows = 96, rows = 144;

// Airline-like: positive, seasonal, growing.
std::vector<double> series() {
  SyntheticOptions options;
  options.rows = rows;
  std::vector<double> values = synthetic_series(options);
  for (double& value : values) value = std::exp(value / 40);
  return values;
}

TransformOptions with_season() {
  TransformOptions options;
  options.season = season;
  return options;
}

TransformChain fitted(const std::vector<std::string>& names, const std::vector<double>& values) {
  TransformChain chain(names, with_season());
  chain.fit(std::span<const double>(values).first(train_rows));
  return chain;
}

std::vector<std::vector<std::string>> chains() {
  std::vector<std::vector<std::string>> all;
  for (const TransformRow& row : transform_registry()) {
    all.push_back({row.name});
    for (const TransformRow& other : transform_registry())
      if (row.name != other.name && other.name != "log" && other.name != "seasonal_ratio")
        all.push_back({row.name, other.name});
  }
  all.push_back({"log", "seasonal_difference", "standard", "last_value"});
  all.push_back({"log", "difference", "seasonal_difference", "minmax"});
  all.push_back({"seasonal_ratio", "log", "difference", "standard"});
  all.push_back({});
  return all;
}

// From every origin, the true future transformed and taken back is the true future.
TEST(Transform, EveryChainInvertsItsForecasts) {
  const std::vector<double> values = series();
  for (const auto& names : chains()) {
    const TransformChain chain = fitted(names, values);
    const std::vector<double> changed = chain.apply(values);
    ASSERT_EQ(changed.size(), values.size());
    for (int64_t i = 0; i < rows; ++i)
      ASSERT_EQ(std::isnan(changed[i]), i < chain.warmup()) << testing::PrintToString(names) << i;
    for (const int64_t horizon : {1, 5, 30}) {
      for (int64_t origin = chain.warmup(); origin + horizon < rows; origin += 7) {
        const double base = chain.relative() ? changed[origin] : 0;
        std::vector<double> forecast(changed.begin() + origin + 1,
                                     changed.begin() + origin + 1 + horizon);
        for (double& value : forecast) value -= base;
        const auto back = chain.invert(std::span<const double>(values).first(origin + 1), forecast);
        for (int64_t h = 0; h < horizon; ++h)
          ASSERT_NEAR(back[h] / values[origin + 1 + h], 1, 1e-12)
              << testing::PrintToString(names) << " origin " << origin << " step " << h;
      }
    }
  }
}

TEST(Transform, LearnsFromTheTrainingRowsAlone) {
  const std::vector<double> values = series();
  std::vector<double> other = values;
  for (int64_t i = train_rows; i < rows; ++i) other[i] *= 1000;
  for (const auto& names : chains()) {
    const auto a = fitted(names, values).apply(values), b = fitted(names, other).apply(other);
    for (int64_t i = 0; i < train_rows; ++i)
      ASSERT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
          << testing::PrintToString(names);
  }
}

TEST(Transform, SavedAndLoadedGivesTheSameBits) {
  const std::vector<double> values = series();
  for (const auto& names : chains()) {
    const TransformChain chain = fitted(names, values);
    const TransformChain loaded = TransformChain::load(chain.save());
    EXPECT_EQ(loaded.names(), chain.names());
    EXPECT_EQ(loaded.warmup(), chain.warmup());
    EXPECT_EQ(loaded.relative(), chain.relative());
    const auto a = chain.apply(values), b = loaded.apply(values);
    for (int64_t i = chain.warmup(); i < rows; ++i) ASSERT_EQ(a[i], b[i]);
    const std::vector<double> forecast = {0.1, 0.2, 0.3};
    EXPECT_EQ(chain.invert(values, forecast), loaded.invert(values, forecast));
  }
}

TEST(Transform, KnownNumbers) {
  const std::vector<double> train = {2, 4, 8};
  TransformChain minmax({"minmax"}, {});
  minmax.fit(train);
  EXPECT_EQ(minmax.apply(std::vector<double>{2, 5, 8, 14}), (std::vector<double>{0, 0.5, 1, 2}));
  TransformOptions range;
  range.low = -1;
  TransformChain symmetric({"minmax"}, range);
  symmetric.fit(train);
  EXPECT_EQ(symmetric.apply(train), (std::vector<double>{-1, -1.0 / 3, 1}));
  TransformChain standard({"standard"}, {});
  standard.fit(std::vector<double>{1, 3});
  EXPECT_EQ(standard.apply(std::vector<double>{1, 2, 5}), (std::vector<double>{-1, 0, 3}));
  TransformOptions two;
  two.season = 2;
  TransformChain ratio({"seasonal_ratio"}, two);
  ratio.fit(train);
  EXPECT_EQ(ratio.apply(train)[2], 4);
  EXPECT_EQ(ratio.invert(train, std::vector<double>{3, 0.5, 2}), (std::vector<double>{12, 4, 24}));
}

TEST(Transform, ImpossibleIsSaidInASentence) {
  const std::vector<int64_t> lines = {2, 3, 4};
  const SeriesPlace place{"sales.csv", "y", lines};
  const auto refused = [&](const std::string& name, std::vector<double> values) {
    return error_of([&] { TransformChain({name}, with_season()).fit(values, place); });
  };
  EXPECT_EQ(std::string(refused("log", {1, 0, 2}).what()),
            "sales.csv:3: column \"y\" holds 0, and the logarithm needs positive values; leave log "
            "out of the transforms");
  EXPECT_EQ(std::string(refused("minmax", {5, 5, 5}).what()),
            "sales.csv:2: column \"y\" is 5 in all 3 training rows, so minmax scaling is "
            "impossible; say scale=none, or leave the column out");
  EXPECT_EQ(refused("standard", {5, 5, 5}).id, "data.constant");
  EXPECT_EQ(std::string(refused("seasonal_difference", {1, 2, 3}).what()),
            "sales.csv: seasonal_difference looks back 12 steps, and only 3 training rows are "
            "there; take more rows into training, or another season");
  EXPECT_EQ(refused("difference", {1}).id, "data.too_short");
  EXPECT_EQ(error_of([&] {
              TransformOptions one;
              one.season = 1;
              TransformChain({"seasonal_ratio"}, one).fit(std::vector<double>{1, -2, 3}, place);
            }).where,
            "sales.csv:3");
  // A value that the training part did not show is refused when it comes.
  TransformChain log({"log"}, {});
  log.fit(std::vector<double>{1, 2}, place);
  EXPECT_EQ(error_of([&] { log.apply(std::vector<double>{1, 2, -1}, place); }).where,
            "sales.csv:4");
  // After a difference the rows are still named as in the file.
  EXPECT_EQ(error_of([&] {
              TransformChain({"difference", "log"}, {}).fit(std::vector<double>{1, 2, 1}, place);
            }).where,
            "sales.csv:4");
  EXPECT_EQ(error_of([] { make_transform("minmaxx", {}); }).hint, "did you mean \"minmax\"?");
  EXPECT_EQ(error_of([] { make_transform("seasonal_ratio", {}); }).id, "config.season");
  TransformChain seasonal({"seasonal_difference"}, with_season());
  seasonal.fit(series());
  EXPECT_EQ(
      error_of([&] { seasonal.invert(std::vector<double>{1, 2}, std::vector<double>{1}); }).id,
      "data.too_short");
}

TEST(Transform, DamagedNumbersAreRefused) {
  for (const SavedTransform& saved : {SavedTransform{"minmax", {}},
                                      {"minmax", {{"shift", 1}, {"scal", 2}}},
                                      {"standard", {{"mean", 1}, {"sd", std::nan("")}}},
                                      {"seasonal_ratio", {{"season", 0.5}}},
                                      {"seasonal_difference", {{"season", 1e300}}}})
    EXPECT_EQ(error_of([&] { TransformChain::load({saved}); }).id, "model.transform") << saved.name;
}

}  // namespace
}  // namespace sluice
