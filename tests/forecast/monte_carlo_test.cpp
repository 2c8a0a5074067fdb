// Forecasts with the network's dropout on, and how far they spread.
#include <gtest/gtest.h>

#include <set>

#include "forecast_fixture.h"
#include "sluice/base/error.h"
#include "sluice/forecast/forecaster.h"
#include "sluice/forecast/spread.h"

namespace sluice {
namespace {

using Samples = std::vector<std::vector<double>>;

Prepared prepared_with(const std::string& model) {
  return prepare(quick_recipe({"horizon=3", "model=" + model}));
}

const char* const dropping[] = {"[{gru: {hidden_size: 4, variational_hidden: 0.4}}]",
                                "[{lstm: {hidden_size: 4, num_layers: 2, dropout: 0.4}}]",
                                "[{rnn: {hidden_size: 4, zoneout_hidden: 0.4}}]",
                                "[{gru: {hidden_size: 4}}, {dropout: {rate: 0.4}}]"};

class MonteCarlo : public testing::TestWithParam<const char*> {};

TEST_P(MonteCarlo, SamplesDifferAndComeAgain) {
  const Prepared prepared = prepared_with(GetParam());
  const Forecaster forecaster = Forecaster::fit(prepared.series, prepared.recipe, {});
  const Samples before = forecaster.forecast(prepared.series);
  const Samples samples = forecaster.sample(prepared.series, 6);
  ASSERT_EQ(samples.size(), 6u);
  EXPECT_EQ(std::set(samples.begin(), samples.end()).size(), 6u);
  for (const auto& sample : samples) {
    ASSERT_EQ(sample.size(), 3u);
    EXPECT_NE(sample, before[0]);
  }
  set_num_threads(3);
  EXPECT_EQ(forecaster.sample(prepared.series, 6), samples);
  set_num_threads(1);
  EXPECT_EQ(forecaster.forecast(prepared.series), before) << "masks stayed on";
}

INSTANTIATE_TEST_SUITE_P(Layers, MonteCarlo, testing::ValuesIn(dropping));

TEST(MonteCarloError, ANetworkThatDropsNothingIsRefused) {
  const Prepared prepared = prepared_with("gru");
  const Forecaster forecaster = Forecaster::fit(prepared.series, prepared.recipe, {});
  try {
    forecaster.sample(prepared.series, 2);
    FAIL() << "sampled without masks";
  } catch (const Error& error) {
    EXPECT_EQ(error.id, "train.no_masks");
  }
}

// Against numpy.std(ddof=1) and numpy.quantile.
TEST(SpreadOf, IsNumPys) {
  const std::vector<Spread> spreads = spread_of({{1, 5}, {4, 5}, {2, 5}, {10, 5}}, 0.8);
  ASSERT_EQ(spreads.size(), 2u);
  EXPECT_NEAR(spreads[0].deviation, 4.031128874149275, 1e-12);
  EXPECT_NEAR(spreads[0].low, 1.3, 1e-12);
  EXPECT_NEAR(spreads[0].high, 8.2, 1e-12);
  EXPECT_EQ(spreads[1].deviation, 0);
  EXPECT_EQ(spreads[1].low, 5);
  EXPECT_EQ(spreads[1].high, 5);
  EXPECT_THROW(spread_of({{1}}, 0.8), Error);
}

}  // namespace
}  // namespace sluice
