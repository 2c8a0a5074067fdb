#include "sluice/report/leaderboard.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/report/text.h"

namespace sluice {

namespace {

constexpr int gap = 3;  // spaces between columns

bool better(double a, double b, const MetricColumn& metric) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return metric.higher_is_better ? a > b : a < b;
}

const LeaderboardRow* best_row(const Leaderboard& board, size_t column, int kind = -1) {
  const LeaderboardRow* best = nullptr;
  for (const LeaderboardRow& row : board.rows) {
    if (kind >= 0 && row.is_baseline != (kind == 1)) continue;
    if (std::isnan(row.values[column].mean)) continue;
    if (!best || better(row.values[column].mean, best->values[column].mean, board.metrics[column]))
      best = &row;
  }
  return best;
}

void check_rows(const Leaderboard& board) {
  for (const LeaderboardRow& row : board.rows)
    if (row.values.size() != board.metrics.size() || board.metrics.empty())
      fail_config("report.leaderboard", row.model,
                  "the leaderboard has " + std::to_string(board.metrics.size()) +
                      " metrics, but this row has " + std::to_string(row.values.size()),
                  "give every row one value for each metric");
}

std::string show(const MetricValue& value, int decimals) {
  const std::string mean = format_number(value.mean, decimals);
  return std::isnan(value.sd) ? mean : mean + " ± " + format_number(value.sd, decimals);
}

std::string describe(const LeaderboardRow& row, int decimals) {
  std::string text = show(row.values[0], decimals);
  if (row.runs > 1) text += " (mean ± sd of " + std::to_string(row.runs) + " seeds)";
  return text;
}

// "5.3 % below" or "5.3 % above"; empty where a ratio means nothing.
std::string distance(double value, double other, const MetricColumn& metric) {
  if (metric.higher_is_better || other <= 0 || value < 0) return "";
  const double percent = 100 * std::abs(value - other) / other;
  return format_number(percent, percent < 10 ? 1 : 0) + " % " + (value < other ? "below" : "above");
}

// The other metrics on which another row leads.
std::string disagreement(const Leaderboard& board, const LeaderboardRow& winner) {
  std::string text;
  for (size_t column = 1; column < board.metrics.size(); ++column) {
    const LeaderboardRow* best = best_row(board, column);
    if (!best ||
        !better(best->values[column].mean, winner.values[column].mean, board.metrics[column]))
      continue;
    text += (text.empty() ? " By " : ", by ") + board.metrics[column].name + " " + best->model +
            " leads";
  }
  return text.empty() ? text : text + ".";
}

}  // namespace

void rank_leaderboard(Leaderboard& board) {
  check_rows(board);
  if (board.rows.empty()) return;
  const auto before = [&](const LeaderboardRow& a, const LeaderboardRow& b) {
    return better(a.values[0].mean, b.values[0].mean, board.metrics[0]);
  };
  std::vector<LeaderboardRow> ranked;  // rows of equal score keep their order
  for (const LeaderboardRow& row : board.rows)
    ranked.insert(std::upper_bound(ranked.begin(), ranked.end(), row, before), row);
  board.rows = std::move(ranked);
  for (LeaderboardRow& row : board.rows) row.winner = false;
  board.rows[0].winner = !std::isnan(board.rows[0].values[0].mean);
  if (board.sentence.empty()) board.sentence = leaderboard_sentence(board);
}

std::string leaderboard_sentence(const Leaderboard& board) {
  check_rows(board);
  const LeaderboardRow* winner = board.rows.empty() ? nullptr : best_row(board, 0);
  if (!winner) return "";
  std::vector<double> means;
  for (const LeaderboardRow& row : board.rows) means.push_back(row.values[0].mean);
  const int decimals = decimals_for(means);
  const MetricColumn& metric = board.metrics[0];
  const std::string head =
      winner->model + " wins: " + metric.name + " " + describe(*winner, decimals);
  const LeaderboardRow* rival = best_row(board, 0, winner->is_baseline ? 0 : 1);
  if (!rival) return head + "." + disagreement(board, *winner);

  const double won = winner->values[0].mean, lost = rival->values[0].mean;
  if (won == lost)
    return winner->model + " and " + rival->model + " have the same " + metric.name + ", " +
           format_number(won, decimals) + ".";
  const std::string how_far = distance(won, lost, metric);
  std::string text = head + ", " + (how_far.empty() ? "against " : how_far + " ") +
                     (winner->is_baseline ? "the best network, " : "the best baseline, ") +
                     rival->model + " (" + show(rival->values[0], decimals) + ").";
  const double spread = std::max(std::isnan(winner->values[0].sd) ? 0 : winner->values[0].sd,
                                 std::isnan(rival->values[0].sd) ? 0 : rival->values[0].sd);
  if (std::abs(won - lost) <= spread) text += " The difference is within one sd of the seeds.";
  return text + disagreement(board, *winner);
}

namespace {

struct Cell {
  std::string mean, sd;
};

/// One metric's texts, aligned at the mean's end so that decimals stand under decimals.
struct Column {
  std::vector<Cell> cells;
  int mean_width = 0, sd_width = 0, width = 0;
};

Column make_column(const Leaderboard& board, size_t index) {
  Column column;
  std::vector<double> means;
  for (const LeaderboardRow& row : board.rows) means.push_back(row.values[index].mean);
  const int decimals = decimals_for(means);
  for (const LeaderboardRow& row : board.rows) {
    const MetricValue& value = row.values[index];
    const std::string sd = std::isnan(value.sd) ? "" : " ± " + format_number(value.sd, decimals);
    column.cells.push_back({format_number(value.mean, decimals), sd});
    column.mean_width = std::max(column.mean_width, display_width(column.cells.back().mean));
    column.sd_width = std::max(column.sd_width, display_width(sd));
  }
  column.width =
      std::max(column.mean_width + column.sd_width, display_width(board.metrics[index].name));
  return column;
}

std::string trim(std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string show(const Cell& cell, const Column& column) {
  return pad_left(pad_left(cell.mean, column.mean_width) + pad_right(cell.sd, column.sd_width),
                  column.width);
}

}  // namespace

std::string print_leaderboard(const Leaderboard& board, bool color) {
  check_rows(board);
  if (board.rows.empty()) return board.sentence.empty() ? "" : board.sentence + "\n";
  const std::string bold = color ? "\x1b[1m" : "", dim = color ? "\x1b[2m" : "",
                    plain = color ? "\x1b[0m" : "", between(gap, ' ');
  int name_width = display_width("model");
  for (const LeaderboardRow& row : board.rows)
    name_width = std::max(name_width, display_width(to_utf8(row.model)));

  std::string head = "  " + pad_right("model", name_width);
  std::vector<Column> columns;
  for (size_t i = 0; i < board.metrics.size(); ++i) {
    columns.push_back(make_column(board, i));
    const int right = columns[i].sd_width;  // the name ends where the means end
    const int left = std::max(columns[i].width - right, display_width(board.metrics[i].name));
    head += between + pad_right(pad_left(board.metrics[i].name, left), columns[i].width);
  }
  std::string text = dim + trim(head) + plain + "\n";
  for (size_t r = 0; r < board.rows.size(); ++r) {
    const LeaderboardRow& row = board.rows[r];
    std::string line = (row.winner ? "* " : "  ") + pad_right(to_utf8(row.model), name_width);
    for (const Column& column : columns) line += between + show(column.cells[r], column);
    if (row.is_baseline) line += between + dim + "baseline" + plain;
    text += row.winner ? bold + trim(line) + plain + "\n" : trim(line) + "\n";
  }
  const std::string sentence =
      board.sentence.empty() ? leaderboard_sentence(board) : board.sentence;
  return sentence.empty() ? text : text + "\n" + to_utf8(sentence) + "\n";
}

}  // namespace sluice
