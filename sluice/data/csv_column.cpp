#include "sluice/data/csv_column.h"

#include <utility>

#include "sluice/base/error.h"
#include "sluice/data/cell_text.h"
#include "sluice/data/number_signs.h"

namespace sluice {
namespace {

constexpr size_t longest_word = 40;

// Which of decimal sign and thousands a cell such as "1,234" or "1,234.50" may show, and what to
// say.
std::pair<std::string, std::string> about_signs(std::string_view cell) {
  const size_t first = cell.find_first_of(",. '");
  const char sign = cell[first];
  const std::string thousands =
      std::string("thousands=") + (sign == ' ' ? "\" \"" : std::string(1, sign));
  const bool certain =
      sign == ' ' || sign == '\'' || cell.find_first_of(",.", first + 1) != std::string_view::npos;
  if (certain) return {" has a separator of thousands", "say " + thousands};
  return {" may have a decimal sign or a separator of thousands",
          std::string("say decimal=") + sign + " or " + thousands};
}

// As the keyboard has it, without signs around it.
std::string bare_number(std::string_view cell) {
  std::string keyboard = keyboard_signs(cell);
  const std::optional<SignedNumber> number = without_signs(keyboard);
  return number ? number->plain() : keyboard;
}

// What nearly every cell is, told at a glance.
bool plainly_bare(std::string_view cell) {
  return cell.find_first_not_of("0123456789.+-eE") == std::string_view::npos && cell.back() != '-';
}

}  // namespace

bool holds_numbers(const std::vector<std::string_view>& cells, const NumberReader& reader) {
  size_t numbers = 0, texts = 0, zero_led = 0;
  for (const std::string_view cell : cells) {
    double value = 0;
    const CellKind kind = reader.read(cell, value);
    texts += kind == CellKind::text;
    numbers += kind != CellKind::text && kind != CellKind::missing;
    zero_led += cell.size() > 1 && cell[0] == '0' && cell[1] >= '0' && cell[1] <= '9';
  }
  if (numbers > 0 && zero_led == numbers) return false;
  return numbers >= texts;
}

ColumnBuilder::ColumnBuilder(std::string name, bool numeric, const NumberReader& reader)
    : numeric_(numeric), reader_(reader) {
  column_.name = std::move(name);
}

void ColumnBuilder::add(std::string_view cell, int64_t line, const std::string& source) {
  if (!numeric_) return add_text(cell, line, source);
  double value = 0;
  const CellKind kind = reader_.read(cell, value);
  column_.values.push_back(value);
  if (kind == CellKind::number && fits_unit(cell))
    any_value_ = true;
  else if (kind != CellKind::missing)
    note_problem(kind, cell, line);
}

void ColumnBuilder::add_text(std::string_view cell, int64_t line, const std::string& source) {
  if (reader_.is_missing(cell)) return column_.codes.push_back(-1);
  auto found = codes_.find(cell);
  if (found == codes_.end()) {
    if (!is_utf8(cell))
      fail_data("data.encoding", source + ":" + std::to_string(line),
                "column \"" + column_.name + "\" holds text that is not UTF-8",
                "save the file as UTF-8");
    found = codes_.emplace(cell, static_cast<int32_t>(column_.labels.size())).first;
    column_.labels.emplace_back(cell);
  }
  column_.codes.push_back(found->second);
}

// A price may lack its sign, a percentage may not; two currencies are two things.
bool ColumnBuilder::fits_unit(std::string_view cell) {
  if (unit_.empty() && plainly_bare(cell)) return true;
  const std::string keyboard = keyboard_signs(cell);
  const std::optional<SignedNumber> number = without_signs(keyboard);
  const std::string unit(number ? number->unit : "");
  const auto note = [&](bool& noted) {
    if (std::exchange(noted, true)) return;
    notes_.push_back("column \"" + column_.name + "\": " + quote_cell(cell) + " is read as " +
                     number->plain());
  };
  if (!unit.empty()) note(unit_noted_);
  if (number && number->negative && unit.empty() && !keyboard.starts_with('-'))
    note(negative_noted_);
  if (unit == unit_) return true;
  const bool percent = unit == "%" || unit_ == "%";
  if (any_value_ && (percent || (!unit.empty() && !unit_.empty()))) return false;
  if (!unit.empty()) unit_ = unit;
  return true;
}

void ColumnBuilder::note_problem(CellKind kind, std::string_view cell, int64_t line) {
  if (column_.problem) {
    ++column_.problem->count;
    return;
  }
  const std::string subject = "column \"" + column_.name + "\": " + quote_cell(cell);
  CellProblem problem{"", line, "", "", 1};
  if (kind == CellKind::infinite) {
    problem.id = "data.infinite";
    problem.message = subject + " is not a finite number";
    problem.hint =
        "correct it, or say missing_words=" + std::string(cell) + " if it stands for no value";
  } else if (kind == CellKind::number) {
    problem.id = "data.mixed_unit";
    problem.message = subject + " is not in the unit of the rows before it";
    problem.hint = "write the whole column in one unit";
  } else if (kind == CellKind::ambiguous) {
    problem.id = "data.ambiguous_number";
    const auto [what, hint] = about_signs(bare_number(cell));
    problem.message = subject + what;
    problem.hint = hint;
  } else {
    problem.id = "data.not_a_number";
    problem.message = subject + " is not a number";
    problem.hint = "correct it";
    if (is_utf8(cell) && cell.size() <= longest_word)
      problem.hint += ", or say missing_words=" + std::string(cell) + " if it stands for no value";
  }
  column_.problem = std::move(problem);
}

void ColumnBuilder::drop_last() {
  if (numeric_)
    column_.values.pop_back();
  else
    column_.codes.pop_back();
}

Column ColumnBuilder::finish() {
  if (numeric_ && !any_value_ && !(column_.problem && column_.problem->id != "data.not_a_number")) {
    column_.codes.assign(column_.values.size(), -1);
    column_.values = {};
    column_.problem.reset();
  }
  return std::move(column_);
}

}  // namespace sluice
