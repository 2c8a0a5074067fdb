#include "sluice/io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "sluice/base/error.h"

namespace sluice {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

const std::array<StoredType, 11> stored_types{{{"F32", 4},
                                               {"F64", 8},
                                               {"BOOL", 1},
                                               {"U8", 1},
                                               {"I8", 1},
                                               {"U16", 2},
                                               {"I16", 2},
                                               {"U32", 4},
                                               {"I32", 4},
                                               {"U64", 8},
                                               {"I64", 8}}};

constexpr const char* metadata_name = "__metadata__";
constexpr const char* copy_again = "copy the file again or make it anew";

[[noreturn]] void fail_corrupt(const std::string& path, const std::string& what) {
  fail_data("io.corrupt", path, "the file is damaged: " + what, copy_again);
}

// Follows the parser's events; only the few forms a header may have are let through, so that
// what is kept is never larger than the text.
class HeaderReader : public json::json_sax_t {
 public:
  explicit HeaderReader(const std::string& path) : path_(path) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(size_t) override {
    if (depth_ == 0 || (depth_ == 1 && !in_array_)) return ++depth_, open_entry();
    refuse_form();
  }
  bool key(string_t& text) override {
    if (!keys_[depth_ - 1].insert(text).second)
      fail_corrupt(path_, "\"" + text + "\" appears twice in its header");
    key_ = text;
    if (depth_ == 1) entry_name_ = text;
    return true;
  }
  bool end_object() override {
    if (depth_ == 2) close_entry();
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ != 2 || in_array_ || in_metadata_ || (key_ != "shape" && key_ != "data_offsets"))
      refuse_form();
    in_array_ = true;
    numbers_.clear();
    return true;
  }
  bool end_array() override {
    in_array_ = false;
    if (key_ == "shape") return take_shape();
    if (numbers_.size() != 2) fail_entry("needs two data offsets");
    entry_.begin = numbers_[0], entry_.end = numbers_[1];
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (!in_array_) refuse_form();
    if (numbers_.size() == Shape::max_rank)
      fail_entry("has more than " + std::to_string(Shape::max_rank) + " axes");
    numbers_.push_back(value);
    return true;
  }
  bool string(string_t& text) override {
    if (depth_ != 2 || in_array_) refuse_form();
    if (in_metadata_) {
      header_.metadata[key_] = text;
    } else if (key_ == "dtype") {
      take_type(text);
    } else {
      refuse_form();
    }
    return true;
  }

  bool null() override { refuse_form(); }
  bool boolean(bool) override { refuse_form(); }
  bool number_integer(number_integer_t) override { refuse_form(); }
  bool number_float(number_float_t, const string_t&) override { refuse_form(); }
  bool binary(binary_t&) override { refuse_form(); }
  bool parse_error(size_t position, const std::string&, const json::exception&) override {
    fail_corrupt(path_, "its header is not JSON from byte " + std::to_string(position + 8) + " on");
  }

 private:
  [[noreturn]] void refuse_form() {
    fail_corrupt(path_, entry_name_.empty()
                            ? "its header is not a table of tensors"
                            : "the header's entry \"" + entry_name_ + "\" has an unknown form");
  }
  [[noreturn]] void fail_entry(const std::string& what) {
    fail_corrupt(path_, "the tensor \"" + entry_name_ + "\" " + what);
  }
  bool open_entry() {
    if (depth_ == 2) {
      keys_[1].clear();
      in_metadata_ = entry_name_ == metadata_name;
      entry_ = {};
      entry_.name = entry_name_;
    }
    return true;
  }
  void close_entry() {
    if (!in_metadata_) {
      for (const char* needed : {"dtype", "shape", "data_offsets"})
        if (!keys_[1].count(needed)) fail_entry("has no " + std::string(needed));
      header_.entries.push_back(std::move(entry_));
    }
    in_metadata_ = false;
  }
  bool take_shape() {
    for (uint64_t extent : numbers_) {
      if (extent > uint64_t{1} << 62) fail_entry("has an impossible shape");
      entry_.shape.push_back(static_cast<int64_t>(extent));
    }
    return true;
  }
  void take_type(const std::string& name) {
    entry_.type = find_stored_type(name);
    if (entry_.type == nullptr)
      fail_data("io.dtype", path_,
                "the tensor \"" + entry_name_ + "\" is of type " + name + ", which is not read",
                "store it as one of " + stored_type_names());
  }

  const std::string& path_;
  SafetensorsHeader header_;
  HeaderEntry entry_;
  std::string key_, entry_name_;
  std::array<std::set<std::string>, 2> keys_;
  std::vector<uint64_t> numbers_;
  int depth_ = 0;
  bool in_array_ = false, in_metadata_ = false;
};

// Bytes that the shape needs, or more than any file has if the product is too large to count.
uint64_t needed_bytes(const HeaderEntry& entry) {
  uint64_t bytes = entry.type->size;
  for (int axis = 0; axis < entry.shape.rank(); ++axis)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(entry.shape[axis]), &bytes))
      return UINT64_MAX;
  return bytes;
}

}  // namespace

const StoredType* find_stored_type(std::string_view name) {
  for (const StoredType& type : stored_types)
    if (type.name == name) return &type;
  return nullptr;
}

std::string stored_type_names() {
  std::string names;
  for (const StoredType& type : stored_types) names += (names.empty() ? "" : ", ") + type.name;
  return names;
}

SafetensorsHeader parse_header(std::string_view text, const std::string& path) {
  HeaderReader reader(path);
  json::sax_parse(text, &reader);
  return reader.take();
}

void check_layout(const SafetensorsHeader& header, uint64_t data_size, const std::string& path) {
  std::vector<const HeaderEntry*> by_place;
  uint64_t promised = 0;
  for (const HeaderEntry& entry : header.entries) {
    by_place.push_back(&entry);
    promised = std::max(promised, entry.end);
  }
  std::sort(by_place.begin(), by_place.end(), [](const HeaderEntry* a, const HeaderEntry* b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
  });
  uint64_t place = 0;
  for (const HeaderEntry* entry : by_place) {
    const std::string tensor = "the tensor \"" + entry->name + "\" ";
    if (entry->begin > entry->end) fail_corrupt(path, tensor + "ends before it begins");
    if (entry->begin != place)
      fail_corrupt(path, tensor + (entry->begin < place ? "overlaps another" : "follows a hole"));
    const uint64_t bytes = entry->end - entry->begin;
    if (bytes != needed_bytes(*entry))
      fail_corrupt(path, tensor + "of type " + entry->type->name + " and shape " +
                             entry->shape.to_string() + " cannot have " + std::to_string(bytes) +
                             " bytes");
    place = entry->end;
  }
  if (promised > data_size)
    fail_data("io.truncated", path,
              "the file was cut short: its header promises " + std::to_string(promised) +
                  " bytes of numbers, but only " + std::to_string(data_size) + " are there",
              copy_again);
  if (promised < data_size)
    fail_corrupt(path, std::to_string(data_size - promised) + " bytes follow the last tensor");
}

std::string format_header(const SafetensorsHeader& header, const std::string& path) {
  ordered_json root = ordered_json::object();
  if (!header.metadata.empty()) root[metadata_name] = header.metadata;
  for (const HeaderEntry& entry : header.entries) {
    std::vector<int64_t> shape;
    for (int axis = 0; axis < entry.shape.rank(); ++axis) shape.push_back(entry.shape[axis]);
    root[entry.name] = {
        {"dtype", entry.type->name}, {"shape", shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  try {
    std::string text = root.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
  } catch (const json::type_error&) {  // the only one dump() throws: a string that is not UTF-8
    fail_data("io.not_utf8", path, "a name or text to be saved is not UTF-8",
              "convert the input to UTF-8 (iconv -f latin1 -t utf-8)");
  }
}

}  // namespace sluice
