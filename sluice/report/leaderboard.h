// The leaderboard: ranked, put into a sentence, and printed for a terminal.
#pragma once

#include <string>

#include "sluice/report/document.h"

namespace sluice {

/// Sorts the rows by the first metric (rows without a value last), marks the winner, and writes
/// the sentence if it is empty. Throws Error "report.leaderboard" if a row's values do not fit
/// the columns.
void rank_leaderboard(Leaderboard& leaderboard);

/// Which row wins and by how much over the best of the other kind (a net over the best baseline,
/// or a baseline over the best net), and whether that is more than the seeds' spread.
std::string leaderboard_sentence(const Leaderboard& leaderboard);

/// An aligned table, mean ± sd, baselines and winner marked, the sentence under it; ends with a
/// newline. `color` adds terminal colours.
std::string print_leaderboard(const Leaderboard& leaderboard, bool color = false);

}  // namespace sluice
