#include "sluice/layers/conv1d.h"
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
      {"max_pool1d", "the largest of each window of steps, [B,T,C] -> [B,T',C]",
       pool_docs({"dilation", "1", "steps between the places of a window"}), make_max_pool1d},
      {"avg_pool1d", "the mean of each window of steps, [B,T,C] -> [B,T',C]",
       pool_docs({"count_include_pad", "true", "whether padding counts as zeros; with same never"}),
       make_avg_pool1d},
  };
}

}  // namespace sluice
