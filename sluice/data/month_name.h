// Names of months as files spell them.
#pragma once

#include <string_view>

namespace sluice {

/// 1 to 12 for a name or its usual abbreviation in English, German, French or Spanish, in any case;
/// 0 for any other word.
int month_of(std::string_view word);

/// The English name of month 1 to 12.
const char* month_name(int month);

}  // namespace sluice
