#include "sluice/base/error.h"

#include <algorithm>
#include <utility>

namespace sluice {

Error::Error(ExitCode code_, std::string id_, std::string where_, std::string message_,
             std::string hint_)
    : code(code_),
      id(std::move(id_)),
      where(std::move(where_)),
      message(std::move(message_)),
      hint(std::move(hint_)) {
  if (!where.empty()) text_ = where + ": ";
  text_ += message;
  if (!hint.empty()) text_ += "; " + hint;
}

void fail_data(std::string id, std::string where, std::string message, std::string hint) {
  throw Error(ExitCode::data, std::move(id), std::move(where), std::move(message), std::move(hint));
}

void fail_config(std::string id, std::string where, std::string message, std::string hint) {
  throw Error(ExitCode::config, std::move(id), std::move(where), std::move(message),
              std::move(hint));
}

namespace {

// Levenshtein distance: how many letters to insert, delete or replace.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggest(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& name : known) {
    const size_t distance = edit_distance(word, name);
    if (distance < best_distance) best_distance = distance, best = name;
  }
  return best.empty() ? "" : "did you mean \"" + best + "\"?";
}

}  // namespace sluice
