#include <tuple>

#include "sluice/base/error.h"
#include "sluice/layers/conv1d.h"
#include "sluice/layers/conv_lstm2d.h"
#include "sluice/layers/pool1d.h"
#include "sluice/layers/registry_rows.h"

namespace sluice {

namespace {

std::unique_ptr<Module> make_conv1d(const std::string&, const Options& options, int input_size,
                                    Generator& generator) {
  Conv1dOptions o;
  o.in_channels = input_size;
  o.out_channels = options.get_int("out_channels", 1);
  o.kernel_size = options.get_int("kernel_size", 3);
  o.stride = options.get_int("stride", 1);
  o.dilation = options.get_int("dilation", 1);
  o.groups = options.get_int("groups", 1);
  o.padding = options.get_string("padding", "valid");
  o.bias = options.get_bool("bias", true);
  o.initialization = options.get_choice("initialization", "pytorch", {"pytorch", "keras", "zeros"});
  return std::make_unique<Conv1d>(o, generator);
}

Pool1dOptions pool_options(const Options& options) {
  Pool1dOptions o;
  o.kernel_size = options.get_int("kernel_size", 2);
  o.stride = options.get_int("stride", 0);
  o.padding = options.get_string("padding", "valid");
  o.ceil_mode = options.get_bool("ceil_mode", false);
  return o;
}

std::unique_ptr<Module> make_max_pool1d(const std::string&, const Options& options, int,
                                        Generator&) {
  Pool1dOptions o = pool_options(options);
  o.dilation = options.get_int("dilation", 1);
  return std::make_unique<MaxPool1d>(o);
}

std::unique_ptr<Module> make_avg_pool1d(const std::string&, const Options& options, int,
                                        Generator&) {
  Pool1dOptions o = pool_options(options);
  o.count_include_pad = options.get_bool("count_include_pad", true);
  return std::make_unique<AvgPool1d>(o);
}

// [rows, columns], or one number for both.
std::pair<int, int> two_of(const Options& options, const std::string& key,
                           const std::vector<int>& fallback) {
  const std::vector<int> numbers = options.get_ints(key, fallback);
  if (numbers.empty() || numbers.size() > 2)
    fail_config("config.value", options.where() + "." + key, "this is not one number or two",
                "write for example " + key + ": [1, 3]");
  return {numbers.front(), numbers.back()};
}

CellSwitches::Gate gate_of(const std::string& name) {
  if (name == "hard_sigmoid") return CellSwitches::Gate::hard_sigmoid;
  if (name == "hard_sigmoid_keras2") return CellSwitches::Gate::hard_sigmoid_keras2;
  return CellSwitches::Gate::sigmoid;
}

std::unique_ptr<Module> make_conv_lstm2d(const std::string&, const Options& options, int input_size,
                                         Generator& generator) {
  ConvLstm2dOptions o;
  o.in_channels = input_size;
  o.out_channels = options.get_int("out_channels", 1);
  std::tie(o.kernel_rows, o.kernel_columns) = two_of(options, "kernel_size", {1, 3});
  std::tie(o.stride_rows, o.stride_columns) = two_of(options, "stride", {1, 1});
  o.padding = options.get_string("padding", "valid");
  o.activation = options.get_choice("activation", "tanh", {"tanh", "relu"}) == "relu"
                     ? CellSwitches::Activation::relu
                     : CellSwitches::Activation::tanh;
  o.recurrent_activation = gate_of(options.get_choice(
      "recurrent_activation", "sigmoid", {"sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"}));
  o.bias = options.get_bool("bias", true);
  const bool all = options.get_choice("outputs", "last", {"last", "all"}) == "all";
  o.outputs = all ? Outputs::all : Outputs::last;
  o.initialization = options.get_choice("initialization", "keras", {"keras", "pytorch"});
  o.rows = options.get_int("rows", 1);
  o.columns = options.get_int("columns", 3);
  return std::make_unique<ConvLstm2d>(o, generator);
}

std::vector<OptionDoc> pool_docs(const OptionDoc& own) {
  return {
      {"kernel_size", "2", "steps that a window sees"},
      {"stride", "0", "steps from a window to the next; 0: kernel_size"},
      {"padding", "valid", "steps on either side, or valid (none) or same (⌈T / stride⌉ windows)"},
      {"ceil_mode", "false", "whether a last window may reach beyond the end"},
      own};
}

}  // namespace

std::vector<LayerRow> window_rows() {
  return {
      {"conv1d",
       "convolution over the steps, [B,T,C] -> [B,T',out_channels] (PyTorch's Conv1d has [B,C,T])",
       {{"out_channels", "1", "channels of the result"},
        {"kernel_size", "3", "steps that a window sees"},
        {"stride", "1", "steps from a window to the next"},
        {"padding", "valid",
         "steps on either side, or valid (none), same (⌈T / stride⌉ windows), causal (a window "
         "sees "
         "no later step)"},
        {"dilation", "1", "steps between the places of a window"},
        {"groups", "1", "parts of the channels that do not see each other"},
        {"bias", "true", "whether to add a bias"},
        {"initialization", "pytorch", "pytorch, keras or zeros"}},
       make_conv1d},
      {"conv_lstm2d",
       "convolutional LSTM over images: rows · columns consecutive steps of [B,T,C] are one, and "
       "the "
       "result is a sequence again, [B,H'·W',out_channels] of the last image or all of them",
       {{"out_channels", "1", "channels of the result"},
        {"kernel_size", "[1, 3]", "places that a window sees, rows and columns"},
        {"stride", "[1, 1]", "places from a window to the next, on the input"},
        {"padding", "valid", "of the input: valid (none) or same; that of h is always same"},
        {"activation", "tanh", "of the candidate and the output: tanh or relu"},
        {"recurrent_activation", "sigmoid", "of the gates: as of lstm"},
        {"bias", "true", "whether to add a bias"},
        {"outputs", "last", "the last image, or all of them"},
        {"initialization", "keras", "keras or pytorch"},
        {"rows", "1", "rows of an image"},
        {"columns", "3", "columns of an image"}},
       make_conv_lstm2d},
      {"max_pool1d", "the largest of each window of steps, [B,T,C] -> [B,T',C]",
       pool_docs({"dilation", "1", "steps between the places of a window"}), make_max_pool1d},
      {"avg_pool1d", "the mean of each window of steps, [B,T,C] -> [B,T',C]",
       pool_docs({"count_include_pad", "true", "whether padding counts as zeros; with same never"}),
       make_avg_pool1d},
  };
}

}  // namespace sluice
