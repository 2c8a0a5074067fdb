// One column of a CSV file as it grows: numbers, or codes of a dictionary of texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/data/csv_number.h"
#include "sluice/data/frame.h"

namespace sluice {

/// What the first rows show a column to hold: numbers if at least half of its values are, unless
/// all begin with a zero ("000300"), which makes them names.
bool holds_numbers(const std::vector<std::string_view>& cells, const NumberReader& reader);

class ColumnBuilder {
 public:
  ColumnBuilder(std::string name, bool numeric, const NumberReader& reader);
  /// Throws Error "data.encoding" for text that is not UTF-8, naming `source` and `line`.
  void add(std::string_view cell, int64_t line, const std::string& source);
  /// A numeric column without a single value becomes a text column without one.
  Column finish();
  void drop_last();
  /// How signs around numbers were read, for Frame::notes.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void add_text(std::string_view cell, int64_t line, const std::string& source);
  bool fits_unit(std::string_view cell);
  void note_problem(CellKind kind, std::string_view cell, int64_t line);

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Column column_;
  bool numeric_;
  const NumberReader& reader_;
  bool any_value_ = false;
  std::string unit_;  ///< "$" or "%" once a cell had it
  bool unit_noted_ = false, negative_noted_ = false;
  std::vector<std::string> notes_;
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> codes_;
};

}  // namespace sluice
