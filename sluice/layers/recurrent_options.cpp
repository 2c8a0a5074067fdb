// What the options of a recurrent layer may be, alone and with a cell.
#include <algorithm>
#include <string>
#include <utility>

#include "sluice/base/error.h"
#include "sluice/layers/recurrent_body.h"

namespace sluice {

namespace {

void check_dropout(const RecurrentDropout& d) {
  const std::pair<const char*, double> rates[] = {
      {"variational_input", d.input},  {"variational_hidden", d.hidden},
      {"update_dropout", d.update},    {"cell_dropout", d.cell},
      {"weight_dropout", d.weights},   {"zoneout_hidden", d.zoneout_hidden},
      {"zoneout_cell", d.zoneout_cell}};
  for (const auto& [name, rate] : rates)
    if (!(rate >= 0 && rate < 1))
      fail_config("layer.dropout", name,
                  "the rate must be at least 0 and below 1, not " + std::to_string(rate),
                  std::string("write for example ") + name + ": 0.2");
}

void check_projection(const RecurrentOptions& o, const CellInfo& cell) {
  const int size = o.structure.projection;
  if (size == 0) return;
  const auto refuse = [&](bool wrong, const char* what, const char* hint) {
    if (wrong) fail_config("layer.projection", o.cell + ".projection_size", what, hint);
  };
  refuse(size < 0 || size >= o.hidden_size, "must be below hidden_size", "leave it out, or 0");
  refuse(cell.reads_h_itself || !cell.messages.empty() || cell.below > 0,
         "the cell's equations need an h as wide as its units", "use an LSTM");
  refuse(!o.structure.periods.empty() || o.structure.heads != 1,
         "heads and clocks belong to units of h, which a projection mixes",
         "leave one of them out");
  refuse(o.dropout.hidden + o.dropout.weights + o.dropout.zoneout_hidden > 0,
         "masks of h are as wide as the units",
         "leave out variational_hidden, weight_dropout, "
         "zoneout_hidden");
}

/// What a cell that reads the memory of the layer below, or gives more than h, has no meaning for.
void check_below(const RecurrentOptions& o, const CellInfo& cell) {
  if (cell.below == 0) return;
  const auto refuse = [&](bool wrong, const char* key, const std::string& what,
                          const std::string& hint) {
    if (wrong) fail_config("layer.below", o.cell + "." + key, what, hint);
  };
  const int memories = cell.below * o.hidden_size;
  refuse(cell.lowest.empty() && o.input_size <= memories, "input_size",
         "the last " + std::to_string(memories) +
             " columns of the input are memories of the units, so " + std::to_string(o.input_size) +
             " are too few",
         "put a linear layer before it that gives " + std::to_string(memories) + " and more");
  refuse(o.direction == DirectionOf::both && o.num_layers > 1, "direction",
         "a unit reads the memory of one unit below, and two directions have two",
         "use direction: forward, or one layer");
  refuse(cell.below > 1 && o.num_layers > 1, "num_layers",
         "the layer above reads its own memory of the first time, not this one's",
         "use one layer for each scan");
  refuse(!o.structure.periods.empty(), "periods",
         "a unit at rest would have nothing to give to the layer above", "leave it out");
  refuse(o.dropout.input > 0, "variational_input",
         "the input carries memories of the layer below, which no mask may touch", "leave it out");
  refuse(o.padded_output == PaddedOutput::hold, "padded_output",
         "memories of the layer below have no first value to hold", "use padded_output: zero");
}

void check_initialization(const RecurrentOptions& o) {
  const std::vector<std::string> known = initializations_of(o.cell);
  if (std::find(known.begin(), known.end(), o.initialization) == known.end()) {
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    fail_config("config.choice", "initialization",
                "\"" + o.initialization + "\" is not one of " + names,
                suggest(o.initialization, known));
  }
  const bool placed = o.block_index != 0 || o.num_blocks != 0;
  if (placed && o.initialization != "xlstm")
    fail_config("layer.blocks", o.block_index != 0 ? "block_index" : "num_blocks",
                "has a meaning for initialization: xlstm alone", "leave it out");
  if (o.block_index < 0)
    fail_config("layer.blocks", "block_index",
                "must be at least 0, not " + std::to_string(o.block_index),
                "count the blocks of the model from 0");
  const int64_t needed = int64_t{o.block_index} + o.num_layers;
  if (placed && needed > o.num_blocks)
    fail_config("layer.blocks", "num_blocks",
                "layers from block " + std::to_string(o.block_index) + " on make it at least " +
                    std::to_string(needed) + ", not " + std::to_string(o.num_blocks),
                "count all blocks of the model");
}

}  // namespace

void check_cell(const RecurrentOptions& o, const CellInfo& cell) {
  const auto refuse = [&](bool wanted, bool has, const char* key, const char* why) {
    if (wanted && !has) fail_config("layer.cell", o.cell + "." + key, why, "leave it out");
  };
  check_below(o, cell);
  const RecurrentDropout& d = o.dropout;
  const bool recurrent = std::any_of(cell.gates.begin(), cell.gates.end(), [](const GateInfo& g) {
    return (g.reads & reads_recurrent) != 0;
  });
  refuse(d.update > 0, cell.uses.dropped_update, "update_dropout", "the cell has no update");
  refuse(d.cell > 0, cell.uses.dropped_cell, "cell_dropout", "the cell has no place for it");
  refuse(d.hidden > 0, recurrent, "variational_hidden", "the cell has no recurrent matrix");
  refuse(d.hidden > 0, !cell.reads_sent_message, "variational_hidden",
         "what passes the recurrent matrix is a state of the cell");
  refuse(d.weights > 0, recurrent, "weight_dropout", "the cell has no recurrent matrix");
  refuse(d.zoneout_cell > 0, cell.states.size() > 1, "zoneout_cell", "h is its only state");
  const CellStructure& s = o.structure;
  const bool simple = recurrent && cell.messages.empty() && cell.norms.empty();
  refuse(s.heads != 1, simple, "heads", "needs a cell with one recurrent product");
  refuse(!s.periods.empty(), simple, "periods", "needs a cell with one recurrent product");
  check_projection(o, cell);
  if (s.heads < 1 || o.hidden_size % s.heads != 0)
    fail_config("layer.heads", o.cell + ".heads",
                std::to_string(o.hidden_size) + " units do not part into " +
                    std::to_string(s.heads) + " equal heads",
                "choose a number that divides hidden_size");
  for (int period : s.periods)
    if (period < 1 || static_cast<int>(s.periods.size()) > o.hidden_size)
      fail_config("layer.periods", o.cell + ".periods",
                  "needs positive periods, at most one a unit", "write for example 1,2,4,8");
  refuse(!s.periods.empty(), d.zoneout_hidden + d.zoneout_cell == 0, "zoneout_hidden",
         "a clock already says which units keep their state");
}

void check_options(const RecurrentOptions& o) {
  const auto within = [](const char* what, int value, int largest) {
    if (value < 1)
      fail_config("layer.size", what, "must be positive, not " + std::to_string(value),
                  "set it to 1 or more");
    if (value > largest)
      fail_config("layer.size", what,
                  "must be at most " + std::to_string(largest) + ", not " + std::to_string(value),
                  "set it to what the memory holds");
  };
  // No memory holds more, and products of such sizes would leave the range of an int.
  constexpr int widest = 1 << 20, deepest = 1 << 12;
  within("input_size", o.input_size, widest);
  within("hidden_size", o.hidden_size, widest);
  within("num_layers", o.num_layers, deepest);
  if (o.biases < 0 || o.biases > 2)
    fail_config("layer.biases", "biases",
                "a gate has 0, 1 or 2 bias vectors, not " + std::to_string(o.biases),
                "set it to 2 (as PyTorch), 1 (as Keras) or 0");
  if (o.segment < 0)
    fail_config("layer.size", "segment", "must be at least 0, not " + std::to_string(o.segment),
                "set it to the steps between kept states, or to 0 to keep all of them");
  if (!(o.switches.clip >= 0))
    fail_config("layer.clip", "clip", "must be a number of at least 0",
                "set it to the bound of what goes into a gate, or to 0 for none");
  check_dropout(o.dropout);
  check_initialization(o);
}

}  // namespace sluice
