#include "sluice/io/foreign.h"

#include <algorithm>

namespace sluice {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  const char* phrase;
};

constexpr Signature signatures[] = {
    {"PK\x03\x04"sv, "looks like a zip archive (PyTorch's .pt and Keras' .keras files are)"},
    {"\x89PNG"sv, "looks like a PNG picture"},
    {"\x1f\x8b"sv, "looks like a gzip file"},
    {"\x89HDF"sv, "looks like an HDF5 file (as Keras' .h5)"},
    {"\x80\x02"sv, "looks like a Python pickle (as old PyTorch files)"},
    {"\x80\x04"sv, "looks like a Python pickle"},
    {"\x93NUMPY"sv, "looks like a NumPy array"},
    {"GGUF"sv, "looks like a GGUF file"},
    {"PAR1"sv, "looks like a Parquet file"},
    {"%PDF"sv, "looks like a PDF"},
    {"\x7f"
     "ELF"sv,
     "looks like a program"},
};

bool is_text(std::string_view start) {
  return std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 32 ? byte != 127 : c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

std::string describe_content(std::string_view start) {
  if (start.empty()) return "is empty";
  for (const Signature& signature : signatures)
    if (start.starts_with(signature.bytes)) return signature.phrase;
  if (is_text(start)) return "looks like text (a CSV or a recipe?)";
  return "does not begin with a header";
}

}  // namespace sluice
