#include "sluice/data/month_name.h"

#include <array>
#include <string>

namespace sluice {
namespace {

struct Month {
  const char* name;
  std::string_view spellings;  // in small letters, each between blanks
};
constexpr std::array<Month, 12> months = {{
    {"January", " january jan januar jän jänner janvier janv enero ene "},
    {"February", " february feb februar feber février fevrier févr fevr fév febrero "},
    {"March", " march mar märz maerz mär mrz mars marzo "},
    {"April", " april apr avril avr abril abr "},
    {"May", " may mai mayo "},
    {"June", " june jun juni juin junio "},
    {"July", " july jul juli juillet juil julio "},
    {"August", " august aug août aout agosto ago "},
    {"September", " september sep sept septembre septiembre setiembre "},
    {"October", " october oct oktober okt octobre octubre "},
    {"November", " november nov novembre noviembre "},
    {"December", " december dec dezember dez décembre decembre déc diciembre dic "},
}};

// Also of the letters À to Þ, whose small ones stand 32 places further in UTF-8's second byte.
std::string small_letters(std::string_view word) {
  std::string small(word);
  for (size_t i = 0; i < small.size(); ++i) {
    const auto byte = static_cast<unsigned char>(small[i]);
    const bool accented = i > 0 && small[i - 1] == '\xC3' && byte >= 0x80 && byte <= 0x9E;
    if ((byte >= 'A' && byte <= 'Z') || accented) small[i] = static_cast<char>(byte + 32);
  }
  return small;
}

}  // namespace

int month_of(std::string_view word) {
  if (word.size() < 3) return 0;
  const std::string wanted = " " + small_letters(word) + " ";
  for (size_t m = 0; m < months.size(); ++m)
    if (months[m].spellings.find(wanted) != std::string_view::npos) return static_cast<int>(m) + 1;
  return 0;
}

const char* month_name(int month) { return months[static_cast<size_t>(month - 1)].name; }

}  // namespace sluice
