// Recurrent layers to test, what goes into them and what comes out.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "sluice/layers/recurrent.h"

namespace sluice::test {

enum class Ragged { none, right, left, gaps };

/// A layer and the batch it runs over.
struct RecurrentCase {
  std::string name;
  RecurrentOptions options;
  int batch = 3, steps = 4;
  Ragged ragged = Ragged::none;
  bool given_state = false;
};
void PrintTo(const RecurrentCase& row, std::ostream* out);

/// A change of the plain case, for tables: every cell of the registry meets every variant.
struct Variant {
  const char* name;
  void (*change)(RecurrentCase& row);
};
/// Every cell; in builds that run ten times as long (sanitizers, an emulated processor) those that
/// between them need every mechanism of the engine.
std::vector<std::string> cells_of_tables();
/// "lstm_reverse", … ; the plain case has input_size 2 and hidden_size 5. Without the rows that
/// have no meaning for their cell.
std::vector<RecurrentCase> for_every_cell(const std::vector<Variant>& variants);

/// The cell reads memories of the units below at the end of its input, which gets wider with them.
void resize(RecurrentCase& row, int hidden_size);
/// Why a layer refuses these options for its cell, in a word; "": it does not.
std::string without_meaning(const RecurrentOptions& options);

/// Whether there is a layer with these options.
bool accepts(const RecurrentCase& row);

/// Numbers of U(-bound, bound); the same seed gives the same numbers in both types.
Tensor draw(const Shape& shape, DType dtype, uint64_t seed, double bound = 1);

/// Inputs of one run, all of them leaves that require gradients.
struct RecurrentInput {
  Variable x;  ///< NaN in the padding
  RecurrentState state;
  Padding padding;
};
RecurrentInput make_input(const RecurrentCase& row, DType dtype);
Recurrent make_recurrent_layer(const RecurrentCase& row, DType dtype);

/// Every number of a result in one vector: the output, then each state.
Variable joined(const RecurrentResult& result);

/// The packed layout has places that belong to no parameter: lanes past the last unit, the
/// recurrent bias of a gate that reads the input alone. Loading a state leaves zeros there.
std::vector<double*> unused_places(Module& layer);

/// Runs forward, and backward from weights without a pattern; returns outputs, states and all
/// gradients by name.
NamedTensors run_and_differentiate(const RecurrentCase& row, DType dtype);

/// Compares names, shapes, types and bytes; the first difference as a sentence, or "".
std::string first_difference(const NamedTensors& a, const NamedTensors& b);
std::string first_difference(const Tensor& a, const Tensor& b);

/// The command that runs the current test alone.
std::string reproduce();

/// Sets the number of threads for a scope.
class Threads {
 public:
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace sluice::test
