// An mLSTM from a recipe's options.
#include "sluice/base/error.h"
#include "sluice/layers/mlstm.h"
#include "sluice/layers/sequential.h"

namespace sluice {

std::unique_ptr<Module> make_mlstm(const std::string&, const Options& options, int input_size,
                                   Generator& generator) {
  MlstmOptions o;
  o.input_size = input_size;
  o.hidden_size = options.get_int("hidden_size", 32);
  o.heads = options.get_int("heads", 1);
  o.bias = options.get_bool("bias", true);
  o.output_gate = options.get_bool("output_gate", true);
  o.batch_first = true;
  o.initialization = options.get_choice("initialization", "pytorch", {"pytorch", "keras"});
  const bool all = options.get_choice("outputs", "last", {"last", "all"}) == "all";
  const int layers = options.get_int("num_layers", 1);
  if (layers < 1)
    fail_config("layer.size", "mlstm.num_layers", "must be positive, not " + std::to_string(layers),
                "set it to 1 or more");
  auto stack = std::make_unique<Sequential>();
  for (int k = 1; k < layers; ++k) {
    stack->push_back(std::make_unique<Mlstm>(o, generator));
    o.input_size = o.hidden_size;
  }
  if (!all) o.outputs = Outputs::last;
  auto top = std::make_unique<Mlstm>(o, generator);
  if (layers == 1) return top;
  stack->push_back(std::move(top));
  return stack;
}

std::vector<OptionDoc> mlstm_options() {
  return {{"hidden_size", "32", "units H"},
          {"num_layers", "1", "layers on top of each other, called 0, 1, … where more than one"},
          {"heads", "1", "matrix memories, each of hidden_size / heads rows and columns"},
          {"outputs", "last", "last step or all"},
          {"bias", "true", "of q, k, v and the output gate"},
          {"output_gate", "true", "whether the result passes a gate of x"},
          {"initialization", "pytorch", "of the projections: pytorch or keras"}};
}

}  // namespace sluice
