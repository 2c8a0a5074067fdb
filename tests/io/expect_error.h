// Runs code that must fail, and gives the Error for a closer look.
#pragma once

#include <string>

#include "gtest/gtest.h"
#include "sluice/base/error.h"

namespace sluice {

template <class Code>
Error error_of(Code&& code) {
  try {
    code();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error(ExitCode::ok, "", "", "");
}

}  // namespace sluice
