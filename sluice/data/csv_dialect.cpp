#include "sluice/data/csv_dialect.h"

#include <algorithm>
#include <map>
#include <set>

#include "sluice/base/error.h"
#include "sluice/data/number_signs.h"
#include "sluice/data/time_guess.h"

namespace sluice {
namespace {

constexpr size_t header_rows = 50;

size_t count_cells(std::string_view line, char delimiter) {
  if (delimiter == blanks) return words_of(line).size();
  size_t cells = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == delimiter && !quoted)
      ++cells;
  }
  return cells;
}

// The share of lines that `delimiter` cuts into the most usual number of cells; 0 if that is one.
double agreement(std::span<const std::string_view> lines, char delimiter) {
  std::map<size_t, size_t> counts;
  for (const std::string_view line : lines) ++counts[count_cells(line, delimiter)];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  if (most == counts.end() || most->first < 2) return 0;
  return static_cast<double>(most->second) / static_cast<double>(lines.size());
}

// "1 234 567" is one number, "2024-03-01 12:00" one time.
bool one_cell(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  const auto thousands = [](std::string_view word) {
    return word.size() == 3 && word.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return looks_like_time(std::string(line)) ||
         std::all_of(words.begin() + 1, words.end(), thousands);
}

// Columns set apart by blanks: nearly every row has as many, and few could be a single cell.
bool set_apart_by_blanks(std::span<const std::string_view> lines) {
  constexpr double nearly_all = 0.9;
  if (agreement(lines, blanks) < nearly_all) return false;
  const auto single = std::count_if(lines.begin(), lines.end(), one_cell);
  return static_cast<double>(single) < (1 - nearly_all) * static_cast<double>(lines.size());
}

bool numeric_looking(std::string_view cell) {
  if (const auto number = without_signs(cell)) cell = number->digits;
  return cell.find_first_of("0123456789") != std::string_view::npos &&
         cell.find_first_not_of("0123456789.,eE+-' ") == std::string_view::npos;
}

// "950" above "1.050", and never "1050" or "1.05": the points may well mark thousands.
bool points_may_group(const CsvSample& sample, size_t column) {
  bool grouped = false, small = false;
  for (const auto& row : sample.rows) {
    if (column >= row.size()) continue;
    const std::string& cell = row[column];
    if (grouped_by_thousands(cell, '.', ',')) {
      grouped = true;
    } else if (!cell.empty() && cell.find_first_not_of("0123456789-+") == std::string::npos) {
      if (cell.find_first_of("0123456789") + 3 < cell.size()) return false;
      small = true;
    }
  }
  return grouped && small;
}

bool typed(const std::string& cell) { return numeric_looking(cell) || looks_like_time(cell); }

char one_sign(const std::string& option, const std::string& name, const std::string& allowed) {
  if (option.size() == 1 && allowed.find(option) != std::string::npos) return option[0];
  fail_config("config." + name, name, "\"" + option + "\" cannot be the sign",
              name == "decimal" ? "say decimal=. or decimal=," : "say one of , . ' or a space");
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  return words;
}

char infer_delimiter(std::span<const std::string_view> lines) {
  // The rarer signs first: a comma also stands in numbers and in text.
  char best = 0;
  double best_score = 0.5;
  for (const char candidate : {'\t', ';', '|', ','}) {
    const double score = agreement(lines, candidate);
    if (score > best_score + 1e-9) best = candidate, best_score = score;
  }
  if (best == 0) best = set_apart_by_blanks(lines) ? blanks : ',';
  return best;
}

char parse_delimiter(const std::string& option) {
  if (option == "tab" || option == "\\t") return '\t';
  if (option == "blanks") return blanks;
  if (option.size() == 1 && option != "\"" && option != "\n" && option != "\r") return option[0];
  fail_config("config.delimiter", "delimiter", "\"" + option + "\" is not one character",
              "say for instance delimiter=; or delimiter=tab or delimiter=blanks");
}

bool infer_header(const CsvSample& sample) {
  if (sample.rows.size() == 1)
    return std::none_of(sample.rows[0].begin(), sample.rows[0].end(), typed);
  const std::vector<std::string>& first = sample.rows[0];
  bool any_typed = false;
  for (size_t j = 0; j < first.size(); ++j) {
    size_t cells = 0, fitting = 0;
    for (size_t i = 1; i < std::min(sample.rows.size(), header_rows); ++i) {
      if (j >= sample.rows[i].size() || sample.rows[i][j].empty()) continue;
      ++cells;
      fitting += typed(sample.rows[i][j]);
    }
    if (cells == 0 || 2 * fitting < cells) continue;
    if (!first[j].empty() && !typed(first[j])) return true;
    any_typed = any_typed || !first[j].empty();
  }
  return !any_typed;
}

NumberStyle infer_number_style(const CsvSample& sample, const CsvOptions& options,
                               std::vector<std::string>& notes) {
  NumberStyle style;
  if (!options.thousands.empty()) {
    style.thousands = one_sign(options.thousands, "thousands", ",.' ");
    if (style.thousands == '.') style.decimal = ',';
  }
  if (!options.decimal.empty()) {
    style.decimal = one_sign(options.decimal, "decimal", ".,");
    if (style.decimal == style.thousands)
      fail_config("config.decimal", "decimal",
                  "the decimal sign and thousands are both \"" + options.decimal + "\"",
                  "give two different signs");
    return style;
  }
  if (style.thousands == ',' || style.thousands == '.') return style;
  size_t commas = 0, points = 0;
  for (const auto& row : sample.rows)
    for (const std::string& spelled : row) {
      std::string cell = keyboard_signs(spelled);
      if (const auto number = without_signs(cell)) cell = number->plain();
      if (style.thousands != 0) std::erase(cell, style.thousands);
      const DecimalProof proof = decimal_proof(cell);
      commas += proof == DecimalProof::comma;
      points += proof == DecimalProof::point;
    }
  for (size_t j = 0; points == 0 && j < sample.rows[0].size(); ++j)
    style.point_may_group = style.point_may_group || points_may_group(sample, j);
  if (commas > 0 && points == 0) {
    style.decimal = ',';
    notes.push_back("numbers have a decimal comma");
  }
  return style;
}

std::vector<std::string> column_names(std::vector<std::string> header, size_t width,
                                      std::vector<std::string>& notes) {
  if (header.empty()) notes.push_back("no header: columns are named column_1, column_2, …");
  header.resize(std::max(header.size(), width));
  std::set<std::string> used(header.begin(), header.end());
  std::set<std::string> seen;
  for (size_t j = 0; j < header.size(); ++j) {
    std::string name = header[j].empty() ? "column_" + std::to_string(j + 1) : header[j];
    for (int k = 2; !seen.insert(name).second || (name != header[j] && used.contains(name)); ++k)
      name = (header[j].empty() ? "column_" + std::to_string(j + 1) : header[j]) + "_" +
             std::to_string(k);
    if (!header[j].empty() && name != header[j])
      notes.push_back("the second column \"" + header[j] + "\" is called \"" + name + "\"");
    header[j] = name;
  }
  return header;
}

}  // namespace sluice
