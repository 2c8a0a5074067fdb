// Stacks to test, what goes into them and what comes out.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "recurrent_case.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice::test {

/// A stack and the batch it runs over.
struct StackedCase {
  std::string name;
  StackedOptions options;
  int batch = 3, steps = 7;
  Ragged ragged = Ragged::none;
  bool given_state = false;
};
void PrintTo(const StackedCase& row, std::ostream* out);

/// Every way to stack alone, and those that meet: "lstm_merge_sum", … for a cell with one state,
/// one with two, one whose gates differ and one with four states. input_size 3, hidden_size 5.
std::vector<StackedCase> stacked_cases();
/// Of those, the ones that a stream can run.
std::vector<StackedCase> streamed_cases();

struct StackedInput {
  Variable x;  ///< NaN in the padding
  std::vector<RecurrentState> states;
  Padding padding;
};
StackedInput make_input(const StackedCase& row, DType dtype);
StackedRecurrent make_stack(const StackedCase& row, DType dtype);

/// The output and the states of every layer.
NamedTensors values(const StackedResult& result);
/// Every number of them in one vector.
Variable joined(const StackedResult& result);

}  // namespace sluice::test
