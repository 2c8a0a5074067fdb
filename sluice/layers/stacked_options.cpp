// What a stack may be asked for, in C++ and in a recipe.
#include <algorithm>
#include <string>

#include "sluice/base/error.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {

namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& message,
                         const std::string& hint) {
  fail_config("layer.stack", where, message, hint);
}

void check_counts(const StackedOptions& o, int layers) {
  const auto layers_text = std::to_string(layers) + (layers == 1 ? " layer" : " layers");
  if (!o.hidden_sizes.empty() && o.layer.num_layers != 1 && o.layer.num_layers != layers)
    refuse("num_layers",
           "is " + std::to_string(o.layer.num_layers) + ", but hidden_sizes has " + layers_text,
           "leave num_layers out: it follows from hidden_sizes");
  if (layers < 1 || layers > 1 << 12)
    fail_config("layer.size", "num_layers",
                "must be between 1 and 4096, not " + std::to_string(layers),
                "set it to what the memory holds");
  const size_t dilations = o.dilation.size();
  if (dilations != 1 && dilations != static_cast<size_t>(layers))
    refuse("dilation", "has " + std::to_string(dilations) + " numbers for " + layers_text,
           "give one number for all layers or one for each");
  for (const int dilation : o.dilation)
    if (dilation < 1 || dilation > 1 << 20)
      fail_config("layer.size", "dilation",
                  "must be between 1 and 1048576, not " + std::to_string(dilation),
                  "1 reads the state of the step before");
}

void check_rates(const StackedOptions& o, int layers) {
  const std::pair<const char*, double> rates[] = {{"dropout", o.dropout},
                                                  {"input_dropout", o.input_dropout},
                                                  {"output_dropout", o.output_dropout}};
  for (const auto& [name, rate] : rates)
    if (!(rate >= 0 && rate < 1))
      fail_config("layer.dropout", name,
                  "the rate must be at least 0 and below 1, not " + std::to_string(rate),
                  "write for example " + std::string(name) + ": 0.2");
  if (o.dropout > 0 && layers == 1)
    refuse("dropout", "falls between layers, and there is one layer",
           "use output_dropout, or two layers or more");
  if (o.output_dropout > 0 && o.layer.outputs == Outputs::none)
    refuse("output_dropout", "falls on an output that is not wanted",
           "leave it out, or use outputs: last or all");
}

/// By layer, whether it has a residual skip.
std::vector<bool> residual_layers(const StackedOptions& o, int layers) {
  std::vector<bool> residual;
  int input_size = o.layer.input_size;
  for (int i = 0; i < layers; ++i) {
    const int width = o.width_of(o.hidden_sizes.empty() ? o.layer.hidden_size : o.hidden_sizes[i]);
    residual.push_back(width == input_size);
    input_size = width;
  }
  return residual;
}

void check_residual(const StackedOptions& o, int layers) {
  const std::vector<bool> residual = residual_layers(o, layers);
  if (std::none_of(residual.begin(), residual.end(), [](bool has) { return has; }))
    refuse("skip", "no layer's output is as wide as its input, so residual adds nothing",
           "give two layers the same size, or use skip: dense");
  if (o.layer.padded_output == PaddedOutput::hold)
    refuse("padded_output", "hold has no meaning with skip: residual, whose input is not held",
           "use padded_output: zero");
  const bool both = o.layer.direction == DirectionOf::both;
  if (residual.back() && both && o.merge != Merge::concat && o.layer.outputs == Outputs::last)
    refuse("outputs", "the directions end at different steps, so a merged last has no input to add",
           "use outputs: all, or merge: concat");
}

bool is_plain(const StackedOptions& o) {
  const auto all = [](const std::vector<int>& numbers, int value) {
    return std::all_of(numbers.begin(), numbers.end(), [&](int n) { return n == value; });
  };
  return o.merge == Merge::concat && o.skip == Skip::none && all(o.dilation, 1) &&
         (o.hidden_sizes.empty() || all(o.hidden_sizes, o.hidden_sizes[0])) && o.dropout == 0 &&
         o.input_dropout == 0 && o.output_dropout == 0;
}

}  // namespace

void check_stacked(const StackedOptions& o) {
  const int layers =
      o.hidden_sizes.empty() ? o.layer.num_layers : static_cast<int>(o.hidden_sizes.size());
  check_counts(o, layers);
  check_rates(o, layers);
  if (o.merge != Merge::concat && o.layer.direction != DirectionOf::both)
    refuse("merge", "joins the outputs of two directions, and there is one", "use direction: both");
  if (o.skip == Skip::dense && layers == 1)
    refuse("skip", "dense joins layers to those below, and there is one layer",
           "use two layers or more");
  if (o.skip == Skip::residual) check_residual(o, layers);
  const bool dilated =
      std::any_of(o.dilation.begin(), o.dilation.end(), [](int dilation) { return dilation > 1; });
  if (dilated && o.layer.padded_output == PaddedOutput::hold)
    refuse("padded_output", "hold has no meaning with a dilation, which has several states to hold",
           "use padded_output: zero");
  const bool clocks =
      !o.layer.structure.periods.empty() || !find_cell(o.layer.cell).info.periods.empty();
  if (dilated && clocks)
    refuse("dilation", "has no meaning with clocks, which count every step of a row",
           "leave out dilation or periods");
}

std::unique_ptr<Module> make_stacked(const RecurrentOptions& layer, const Options& o,
                                     Generator& generator) {
  StackedOptions s;
  s.layer = layer;
  s.hidden_sizes = o.get_ints("hidden_sizes", {});
  const std::string merge = o.get_choice("merge", "concat", {"concat", "sum", "mean", "multiply"});
  s.merge = merge == "sum"        ? Merge::sum
            : merge == "mean"     ? Merge::mean
            : merge == "multiply" ? Merge::multiply
                                  : Merge::concat;
  const std::string skip = o.get_choice("skip", "none", {"none", "residual", "dense"});
  s.skip = skip == "residual" ? Skip::residual : skip == "dense" ? Skip::dense : Skip::none;
  s.dilation = o.get_ints("dilation", {1});
  s.dropout = o.get_double("dropout", 0);
  s.input_dropout = o.get_double("input_dropout", 0);
  s.output_dropout = o.get_double("output_dropout", 0);
  if (!s.hidden_sizes.empty() && o.has("hidden_size"))
    refuse("hidden_size", "is given beside hidden_sizes", "leave one of them out");
  const int sizes = static_cast<int>(s.hidden_sizes.size());
  if (sizes > 1 && o.has("num_layers") && layer.num_layers == 1)
    refuse("num_layers", "is 1, but hidden_sizes has " + std::to_string(sizes) + " layers",
           "leave num_layers out: it follows from hidden_sizes");
  check_stacked(s);
  if (!is_plain(s)) return std::make_unique<StackedRecurrent>(s, generator);
  if (sizes > 0) {
    s.layer.hidden_size = s.hidden_sizes[0];
    s.layer.num_layers = sizes;
  }
  return std::make_unique<Recurrent>(s.layer, generator);
}

std::vector<OptionDoc> stacking_options() {
  return {
      {"hidden_sizes", "as hidden_size", "units of each layer, as [64, 32], instead of num_layers"},
      {"merge", "concat", "both directions in one: concat, sum, mean or multiply"},
      {"skip", "none",
       "none, residual (the input is added where it is as wide as the output) or dense (a layer "
       "reads the input and all layers below)"},
      {"dilation", "1", "how many steps back the state is read: one number, or [1, 2, 4] by layer"},
      {"dropout", "0", "rate between layers, while training"},
      {"input_dropout", "0", "rate on the first layer's input"},
      {"output_dropout", "0", "rate on the last layer's output"},
  };
}

}  // namespace sluice
