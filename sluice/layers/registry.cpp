#include "sluice/layers/registry.h"

#include "sluice/autograd/pointwise.h"
#include "sluice/layers/activation.h"
#include "sluice/layers/dropout.h"
#include "sluice/layers/flatten.h"
#include "sluice/layers/linear.h"
#include "sluice/layers/mlstm.h"
#include "sluice/layers/recurrent.h"
#include "sluice/layers/registry_rows.h"

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

std::unique_ptr<Module> make_flatten(const std::string&, const Options& options, int, Generator&) {
  return std::make_unique<Flatten>(options.get_int("steps", 1));
}

template <Variable (*function)(const Variable&)>
std::unique_ptr<Module> make_activation(const std::string&, const Options&, int, Generator&) {
  return std::make_unique<Activation>(function);
}

std::unique_ptr<Module> make_leaky_relu(const std::string&, const Options& options, int,
                                        Generator&) {
  return std::make_unique<ParametricActivation>(leaky_relu, options.get_double("slope", 0.01));
}

std::unique_ptr<Module> make_elu(const std::string&, const Options& options, int, Generator&) {
  return std::make_unique<ParametricActivation>(elu, options.get_double("alpha", 1.0));
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
      {"flatten", "[B,T,F] becomes [B,T·F]", {{"steps", "1", "number of steps T"}}, make_flatten},
      {"relu", "max(x, 0)", {}, make_activation<relu>},
      {"leaky_relu",
       "x where positive, slope · x elsewhere",
       {{"slope", "0.01", "slope of the negative side"}},
       make_leaky_relu},
      {"elu",
       "x where positive, alpha · (eˣ − 1) elsewhere",
       {{"alpha", "1", "depth of the negative side"}},
       make_elu},
      {"tanh", "hyperbolic tangent", {}, make_activation<tanh>},
      {"sigmoid", "1 / (1 + e⁻ˣ)", {}, make_activation<sigmoid>},
      {"softplus", "log(1 + eˣ)", {}, make_activation<softplus>},
      {"mlstm",
       "mLSTM: a matrix memory for each head. The cell with its projections, without the block "
       "that "
       "the paper puts around it (up-projection, convolution, norm, skip)",
       mlstm_options(), make_mlstm},
  };
  for (Row& row : window_rows()) rows.push_back(std::move(row));
  for (Row& row : recurrent_rows()) rows.push_back(std::move(row));
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
