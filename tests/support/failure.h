// What a call that must be refused throws, as text to compare.
#pragma once

#include <string>

#include "sluice/base/error.h"

namespace sluice::test {

/// The Error's id; "nothing was thrown" where none was.
template <class F>
std::string failure_id(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.id;
  }
  return "nothing was thrown";
}

/// "id where", likewise.
template <class F>
std::string failure(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.id + " " + error.where;
  }
  return "nothing was thrown";
}

}  // namespace sluice::test
