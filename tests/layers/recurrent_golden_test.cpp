// Recurrent layers against PyTorch's numbers, or those of the papers' equations: outputs, states
// and every gradient.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/reduce.h"
#include "sluice/layers/recurrent.h"

namespace sluice {
namespace {

using test::Golden;

/// One case, run in one number type.
class GoldenCase {
 public:
  GoldenCase(const Golden& golden, DType dtype)
      : golden_(golden), about_(golden_.description()), dtype_(dtype) {}

  void run() {
    Generator generator(1);
    Recurrent layer(options(), generator);
    layer.to(dtype_);
    layer.load_state(golden_.below("weight/"));
    Variable x(get("input").to(dtype_).clone(), true);
    RecurrentState first;
    if (about_["initial_state"]) {
      for (size_t k = 0; k < states().size(); ++k)
        first.values[k] = Variable(get(states()[k] + "_0").to(dtype_).clone(), true);
    }
    const RecurrentResult result = layer.run(x, first, padding());
    expect("output", result.output.value());
    for (size_t k = 0; k < states().size(); ++k)
      expect(states()[k] + "_n", result.state.values[k].value());

    // Two backward passes of one graph would free it; one scalar carries all gradients.
    scalar(result).backward();
    expect("gradient/input", x.grad());
    for (size_t k = 0; k < states().size(); ++k)
      if (first.values[k].defined())
        expect("gradient/" + states()[k] + "_0", first.values[k].grad());
    for (const auto& [name, gradient] : layer.gradients()) expect("gradient/" + name, gradient);
  }

 private:
  RecurrentOptions options() const {
    RecurrentOptions o;
    o.cell = cell();
    o.input_size = about_["input_size"];
    o.hidden_size = about_["hidden_size"];
    o.num_layers = about_["num_layers"];
    o.direction = about_["bidirectional"] ? DirectionOf::both : DirectionOf::forward;
    o.batch_first = about_["batch_first"];
    o.biases = about_["bias"] ? 2 : 0;
    if (about_.contains("proj_size")) o.structure.projection = about_["proj_size"];
    if (about_.contains("heads")) o.structure.heads = about_["heads"];
    if (about_.contains("periods")) o.structure.periods = about_["periods"].get<std::vector<int>>();
    if (about_.contains("first_step")) o.structure.first_step = about_["first_step"];
    if (about_["cell"] == "rnn_relu")
      o.switches.activation = o.switches.output_activation = CellSwitches::Activation::relu;
    return o;
  }
  Padding padding() const {
    Padding padding;
    if (!about_["lengths"].is_null()) padding.lengths = about_["lengths"].get<std::vector<int>>();
    return padding;
  }
  /// rnn_tanh and rnn_relu are one cell, lstm_projected is an option of another.
  std::string cell() const {
    const std::string name = about_["cell"];
    if (name == "lstm_projected") return "lstm";
    if (name == "grid2" && about_["priority"] == "depth") return "grid2_priority";
    return name.substr(0, name.starts_with("rnn_") ? 3 : name.size());
  }
  const std::vector<std::string>& states() const { return find_cell(cell()).info.states; }
  const Tensor& get(const std::string& part) const { return golden_.get(part); }
  void expect(const std::string& part, const Tensor& actual) const {
    golden_.expect(part, dtype_, actual);
  }

  /// output · output_gradient + h_n · h_n_gradient + c_n · c_n_gradient + …
  Variable scalar(const RecurrentResult& result) const {
    Variable total = sum(result.output * Variable(get("output_gradient").to(dtype_)));
    for (size_t k = 0; k < states().size(); ++k)
      total = total +
              sum(result.state.values[k] * Variable(get(states()[k] + "_n_gradient").to(dtype_)));
    return total;
  }

  const test::GoldenTensors golden_;
  const nlohmann::json about_;
  const DType dtype_;
};

class RecurrentGolden : public testing::TestWithParam<Golden> {};

TEST_P(RecurrentGolden, Float) { GoldenCase(GetParam(), DType::f32).run(); }
TEST_P(RecurrentGolden, Double) { GoldenCase(GetParam(), DType::f64).run(); }

INSTANTIATE_TEST_SUITE_P(PyTorch, RecurrentGolden,
                         testing::ValuesIn(test::golden_cases({"rnn_tanh", "rnn_relu", "lstm",
                                                               "gru", "lstm_projected"})),
                         [](const auto& row) { return row.param.name; });
/// Every cell but those whose numbers come from a framework: PyTorch above, Keras elsewhere.
std::vector<std::string> cells_of_papers() {
  std::vector<std::string> names = cell_names();
  std::erase_if(names, [](const std::string& name) {
    // grid2.safetensors holds grid2_priority too.
    return name == "rnn" || name == "lstm" || name == "gru" || name == "gru_reset_before" ||
           name == "grid2_priority";
  });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Equations, RecurrentGolden,
                         testing::ValuesIn(test::golden_cases(cells_of_papers())),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
