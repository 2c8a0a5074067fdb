#include "sluice/data/file_kind.h"

#include <array>

#include "sluice/base/error.h"

namespace sluice {
namespace {

struct Kind {
  std::string_view start;  // in small letters where it is text
  const char* what;
  const char* hint;
};

constexpr const char* as_csv = "export the table as CSV";
constexpr const char* unpack = "unpack it first; of compressed files only gzip is read";
constexpr const char* page = "look at it in a browser, and download the data it is about";

constexpr std::array binary_kinds = {
    Kind{"PK\x03\x04", "a workbook (.xlsx, .ods) or a zip archive",
         "save the sheet as CSV, or unpack the archive"},
    Kind{"\xD0\xCF\x11\xE0", "a workbook (.xls)", "save the sheet as CSV"},
    Kind{"PAR1", "a Parquet file", as_csv},
    Kind{"\x89HDF", "an HDF5 file", as_csv},
    Kind{"SQLite format 3", "an SQLite database", as_csv},
    Kind{"%PDF-", "a PDF document", as_csv},
    Kind{"\x89PNG", "an image", as_csv},
    Kind{"BZh9", "a bzip2 file", unpack},
    Kind{"\xFD"
         "7zXZ",
         "an xz file", unpack},
    Kind{"\x28\xB5\x2F\xFD", "a zstd file", unpack},
};

// Without the blanks that may stand between their signs.
constexpr std::array text_kinds = {
    Kind{"<!doctype", "a web page", page},    Kind{"<html", "a web page", page},
    Kind{"<?xml", "an XML document", as_csv}, Kind{"{\"", "a JSON document", as_csv},
    Kind{"[{\"", "a JSON document", as_csv},  Kind{"[[", "a JSON document", as_csv},
};

// The first letters that are no blanks, small.
std::string first_letters(std::string_view start) {
  std::string letters;
  for (const char c : start.substr(0, 200)) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return letters;
}

}  // namespace

void refuse_other_formats(std::string_view start, const std::string& name) {
  const auto refuse_if = [&](std::string_view text, const auto& kinds) {
    for (const Kind& kind : kinds)
      if (text.starts_with(kind.start))
        fail_data("data.other_format", name, std::string("the file is ") + kind.what + ", not CSV",
                  kind.hint);
  };
  refuse_if(start, binary_kinds);
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  refuse_if(first_letters(start), text_kinds);
}

}  // namespace sluice
