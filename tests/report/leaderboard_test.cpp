#include "sluice/report/leaderboard.h"

#include "gtest/gtest.h"
#include "sluice/base/error.h"
#include "sluice/report/text.h"

namespace sluice {
namespace {

Leaderboard board(double net, double net_sd, double ridge) {
  Leaderboard result;
  result.metrics = {{"RMSE"}, {"MAE"}};
  result.rows = {{"ridge", {{ridge}, {9}}, true},
                 {"lstm", {{net, net_sd}, {10, 0.5}}, false, false, 5},
                 {"naive", {{40}, {30}}, true}};
  return result;
}

TEST(Leaderboard, NetThatWinsIsComparedWithTheBestBaseline) {
  EXPECT_EQ(leaderboard_sentence(board(15, 0.3, 20)),
            "lstm wins: RMSE 15.00 ± 0.30 (mean ± sd of 5 seeds), 25 % below the best baseline, "
            "ridge (20.00). By MAE ridge leads.");
}

TEST(Leaderboard, BaselineThatWinsIsComparedWithTheBestNet) {
  EXPECT_EQ(leaderboard_sentence(board(21, 0.3, 20)),
            "ridge wins: RMSE 20.00, 4.8 % below the best network, lstm (21.00 ± 0.30).");
}

TEST(Leaderboard, SaysWhenTheSeedsSpreadMore) {
  EXPECT_NE(leaderboard_sentence(board(19.9, 0.3, 20)).find("within one sd of the seeds"),
            std::string::npos);
}

TEST(Leaderboard, EqualScoresAreATie) {
  EXPECT_EQ(leaderboard_sentence(board(20, not_known, 20)),
            "ridge and lstm have the same RMSE, 20.00.");
}

TEST(Leaderboard, HigherIsBetterHasNoPercent) {
  Leaderboard result;
  result.metrics = {{"R²", true}};
  result.rows = {{"mean", {{0.0}}, true}, {"lstm", {{0.9}}}};
  EXPECT_EQ(leaderboard_sentence(result),
            "lstm wins: R² 0.9000, against the best baseline, mean (0.0000).");
}

TEST(Leaderboard, RanksAndMarksTheWinner) {
  Leaderboard result = board(15, 0.3, 20);
  result.rows.push_back({"broken", {{not_known}, {1}}});
  rank_leaderboard(result);
  EXPECT_EQ(result.rows[0].model, "lstm");
  EXPECT_TRUE(result.rows[0].winner);
  EXPECT_FALSE(result.rows[1].winner);
  EXPECT_EQ(result.rows[3].model, "broken") << "a row without a value is last";
}

TEST(Leaderboard, TableIsAligned) {
  Leaderboard result = board(15, 0.3, 20);
  result.rows.push_back({"客运量网络", {{123.4, 1}, {5, 1}}});
  rank_leaderboard(result);
  const std::string text = print_leaderboard(result);
  EXPECT_EQ(text.substr(0, text.find("\n\n")),
            "  model          RMSE             MAE\n"
            "* lstm          15.00 ± 0.30   10.000 ± 0.500\n"
            "  ridge         20.00           9.000           baseline\n"
            "  naive         40.00          30.000           baseline\n"
            "  客运量网络   123.40 ± 1.00    5.000 ± 1.000");
  EXPECT_TRUE(text.ends_with("leads.\n"));
}

TEST(Leaderboard, NoRowsPrintNothing) {
  EXPECT_EQ(print_leaderboard({}), "");
  EXPECT_EQ(leaderboard_sentence({}), "");
}

TEST(Leaderboard, RowsMustFitTheColumns) {
  Leaderboard result = board(15, 0.3, 20);
  result.rows[1].values.pop_back();
  EXPECT_THROW(rank_leaderboard(result), Error);
}

}  // namespace
}  // namespace sluice
