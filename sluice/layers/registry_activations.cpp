#include "sluice/autograd/pointwise.h"
#include "sluice/autograd/softmax.h"
#include "sluice/layers/activation.h"
#include "sluice/layers/registry_rows.h"

namespace sluice {

namespace {

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

std::unique_ptr<Module> make_hard_sigmoid(const std::string&, const Options& options, int,
                                          Generator&) {
  return std::make_unique<ParametricActivation>(hard_sigmoid, options.get_double("slope", 1.0 / 6));
}

std::unique_ptr<Module> make_gelu(const std::string&, const Options& options, int, Generator&) {
  const bool tanh = options.get_choice("approximate", "none", {"none", "tanh"}) == "tanh";
  return std::make_unique<Activation>(tanh ? gelu_tanh : gelu);
}

// Along the last axis, without a mask.
Variable softmax_of_all(const Variable& x) { return softmax(x); }

}  // namespace

std::vector<LayerRow> activation_rows() {
  return {
      {"relu", "max(x, 0)", {}, make_activation<relu>},
      {"leaky_relu",
       "x where positive, slope · x elsewhere",
       {{"slope", "0.01", "slope of the negative side"}},
       make_leaky_relu},
      {"elu",
       "x where positive, alpha · (eˣ − 1) elsewhere",
       {{"alpha", "1", "depth of the negative side"}},
       make_elu},
      {"selu", "1.0507 · elu with alpha 1.67326", {}, make_activation<selu>},
      {"gelu",
       "x · Φ(x), Φ the normal distribution",
       {{"approximate", "none", "none, or tanh: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))"}},
       make_gelu},
      {"silu", "x · sigmoid(x), also called swish", {}, make_activation<silu>},
      {"mish", "x · tanh(softplus(x))", {}, make_activation<mish>},
      {"tanh", "hyperbolic tangent", {}, make_activation<tanh>},
      {"hard_tanh", "min(max(x, −1), 1)", {}, make_activation<hard_tanh>},
      {"sigmoid", "1 / (1 + e⁻ˣ)", {}, make_activation<sigmoid>},
      {"hard_sigmoid",
       "min(max(slope · x + 1/2, 0), 1)",
       {{"slope", "1/6", "PyTorch's and Keras 3's; Keras 2 had 0.2"}},
       make_hard_sigmoid},
      {"hard_swish", "x · hard_sigmoid(x)", {}, make_activation<hard_swish>},
      {"softplus", "log(1 + eˣ)", {}, make_activation<softplus>},
      {"softsign", "x / (1 + |x|)", {}, make_activation<softsign>},
      {"exponential", "eˣ", {}, make_activation<exp>},
      {"softmax", "eˣ / Σ eˣ along the last axis", {}, make_activation<softmax_of_all>},
      {"log_softmax", "log(eˣ / Σ eˣ) along the last axis", {}, make_activation<log_softmax>},
  };
}

}  // namespace sluice
