#include "sluice/layers/registry.h"

#include "sluice/layers/activity_penalty.h"
#include "sluice/layers/dropout.h"
#include "sluice/layers/flatten.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/mlstm.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/registry_rows.h"
#include "sluice/layers/wrappers.h"

namespace sluice {

namespace {

using Row = LayerRow;

std::unique_ptr<Module> make_linear(const std::string&, const Options& options, int input_size,
                                    Generator& generator) {
  LinearOptions linear;
  linear.input_size = input_size;
  linear.output_size = options.get_int("output_size", 1);
  linear.bias = options.get_bool("bias", true);
  linear.initialization =
      options.get_choice("initialization", "pytorch", {"pytorch", "keras", "zeros"});
  return std::make_unique<Linear>(linear, generator);
}

std::unique_ptr<Module> make_dropout(const std::string&, const Options& options, int,
                                     Generator& generator) {
  return std::make_unique<Dropout>(options.get_double("rate", 0.5), generator.initial_seed());
}

std::unique_ptr<Module> make_activity_penalty(const std::string&, const Options& options, int,
                                              Generator&) {
  return std::make_unique<ActivityPenalty>(ActivityPenaltyOptions{
      options.get_double("activation", 0), options.get_double("temporal_activation", 0)});
}

std::unique_ptr<Module> make_flatten(const std::string&, const Options& options, int, Generator&) {
  return std::make_unique<Flatten>(options.get_int("steps", 1));
}

/// The layer inside a wrapper: `layer` names it, the other options are its own.
std::unique_ptr<Module> inner_layer(const Options& options, int input_size, Generator& generator) {
  const std::string name = options.get_string("layer", "linear");
  Options own(options.where());
  for (const auto& [key, value] : options.items())
    if (key != "layer") own.set(key, options.get_string(key, value));
  return make_layer(name, own, input_size, generator);
}

template <class Wrapper>
std::unique_ptr<Module> make_wrapper(const std::string&, const Options& options, int input_size,
                                     Generator& generator) {
  return std::make_unique<Wrapper>(inner_layer(options, input_size, generator));
}

std::unique_ptr<Module> make_repeat_vector(const std::string&, const Options& options, int,
                                           Generator&) {
  return std::make_unique<RepeatVector>(options.get_int("count", 1));
}

/// A row for every cell: what a cell adds to the table is its own name.
std::vector<Row> recurrent_rows() {
  std::vector<Row> rows;
  for (const std::string& cell : cell_names())
    rows.push_back({cell, find_cell(cell).info.title, recurrent_options(cell), make_recurrent});
  return rows;
}

std::vector<Row> all_rows() {
  std::vector<Row> rows = {
      {"linear",
       "dense layer, y = x · weightᵀ + bias on the last axis",
       {{"output_size", "1", "size of the result"},
        {"bias", "true", "whether to add a bias"},
        {"initialization", "pytorch", "pytorch, keras or zeros"}},
       make_linear},
      {"dropout",
       "zeros at random places while training",
       {{"rate", "0.5", "probability of a zero"}},
       make_dropout},
      {"activity_penalty",
       "adds to the training loss for large or fast activations; hands on its input as it is",
       {{"activation", "0", "factor of the mean of h², Merity's activation regularisation"},
        {"temporal_activation", "0", "factor of the mean of (h_t - h_{t+1})², his temporal one"}},
       make_activity_penalty},
      {"flatten", "[B,T,F] becomes [B,T·F]", {{"steps", "1", "number of steps T"}}, make_flatten},
      {"repeat_vector",
       "a vector at every step, [B,F] -> [B,count,F]",
       {{"count", "1", "steps of the result"}},
       make_repeat_vector},
      {"residual",
       "x + layer(x); its other options are those of the layer",
       {{"layer", "linear", "name of the layer, which must give as many outputs as it has inputs"}},
       make_wrapper<Residual>},
      {"time_distributed",
       "a layer on every step by itself; its other options are those of the layer",
       {{"layer", "linear", "name of the layer"}},
       make_wrapper<TimeDistributed>},
      {"mlstm",
       "mLSTM: a matrix memory for each head. The cell with its projections, without the block "
       "that "
       "the paper puts around it (up-projection, convolution, norm, skip)",
       mlstm_options(), make_mlstm},
  };
  for (auto part : {activation_rows, window_rows, vector_rows, attention_rows, recurrent_rows})
    for (Row& row : part()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace

std::span<const RegistryRow<LayerFactory>> layer_registry() {
  static const std::vector<Row> rows = all_rows();
  return rows;
}

std::unique_ptr<Module> make_layer(const std::string& name, const Options& options, int input_size,
                                   Generator& generator) {
  const Row& row = find_row(layer_registry(), name, "layer");
  std::unique_ptr<Module> layer = row.make(name, options, input_size, generator);
  options.finish();
  return layer;
}

}  // namespace sluice
