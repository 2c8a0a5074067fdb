// Recurrent layers against PyTorch's numbers: outputs, states and every gradient.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/reduce.h"
#include "sluice/io/safetensors.h"
#include "sluice/layers/recurrent.h"

namespace sluice {
namespace {

struct Golden {
  std::string file, name;
  friend void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }
};

const Safetensors& read_golden(const std::string& file) {
  static std::map<std::string, Safetensors> files;
  auto [at, fresh] = files.try_emplace(file);
  if (fresh)
    at->second =
        read_safetensors(std::string(SLUICE_SOURCE_DIR) + "/tests/golden/" + file + ".safetensors");
  return at->second;
}

std::vector<Golden> all_cases() {
  std::vector<Golden> cases;
  for (const char* file : {"rnn_tanh", "rnn_relu", "lstm", "gru"})
    for (const auto& name : nlohmann::json::parse(read_golden(file).metadata.at("cases")))
      cases.push_back({file, name});
  return cases;
}

/// One case, run in one number type.
class GoldenCase {
 public:
  GoldenCase(const Golden& golden, DType dtype)
      : file_(read_golden(golden.file)),
        name_(golden.name),
        dtype_(dtype),
        about_(nlohmann::json::parse(file_.metadata.at(name_))) {}

  void run() {
    Generator generator(1);
    Recurrent layer(options(), generator);
    layer.to(dtype_);
    layer.load_state(weights());
    Variable x(get("input").to(dtype_).clone(), true);
    RecurrentState first;
    if (about_["initial_state"]) {
      first.h() = Variable(get("h_0").to(dtype_).clone(), true);
      if (lstm()) first.c() = Variable(get("c_0").to(dtype_).clone(), true);
    }
    const RecurrentResult result = layer.run(x, first, padding());
    expect("output", result.output.value());
    expect("h_n", result.state.h().value());
    if (lstm()) expect("c_n", result.state.c().value());

    // Two backward passes of one graph would free it; one scalar carries all three gradients.
    scalar(result).backward();
    expect("gradient/input", x.grad());
    if (first.h().defined()) expect("gradient/h_0", first.h().grad());
    if (first.c().defined()) expect("gradient/c_0", first.c().grad());
    for (const auto& [name, gradient] : layer.gradients()) expect("gradient/" + name, gradient);
  }

 private:
  RecurrentOptions options() const {
    RecurrentOptions o;
    o.cell = name_.substr(0, name_.find('_'));
    o.input_size = about_["input_size"];
    o.hidden_size = about_["hidden_size"];
    o.num_layers = about_["num_layers"];
    o.direction = about_["bidirectional"] ? DirectionOf::both : DirectionOf::forward;
    o.batch_first = about_["batch_first"];
    o.biases = about_["bias"] ? 2 : 0;
    if (about_["cell"] == "rnn_relu")
      o.switches.activation = o.switches.output_activation = CellSwitches::Activation::relu;
    return o;
  }
  Padding padding() const {
    Padding padding;
    if (!about_["lengths"].is_null()) padding.lengths = about_["lengths"].get<std::vector<int>>();
    return padding;
  }
  bool lstm() const { return about_["cell"] == "lstm"; }
  std::string results() const { return dtype_ == DType::f32 ? "f32/" : "f64/"; }

  const Tensor& get(const std::string& part) const {
    for (const auto& [name, tensor] : file_.tensors)
      if (name == name_ + "/" + part) return tensor;
    throw std::runtime_error("no tensor " + name_ + "/" + part);
  }
  NamedTensors weights() const {
    NamedTensors state;
    const std::string prefix = name_ + "/weight/";
    for (const auto& [name, tensor] : file_.tensors)
      if (name.rfind(prefix, 0) == 0) state.emplace_back(name.substr(prefix.size()), tensor);
    return state;
  }

  /// output · output_gradient + h_n · h_n_gradient + c_n · c_n_gradient, as a node of its own.
  Variable scalar(const RecurrentResult& result) const;

  // Largest deviation relative to the tensor's largest value: 1e-5 in float is about 80 units in
  // the last place of that value (sums of a few hundred products, two orders of summation), 1e-10
  // in double leaves as much room.
  void expect(const std::string& part, const Tensor& actual) const {
    const Tensor& wanted = get(results() + part);
    ASSERT_TRUE(actual.defined()) << name_ << " " << part;
    ASSERT_EQ(actual.shape().to_string(), wanted.shape().to_string()) << name_ << " " << part;
    double largest = 0, deviation = 0;
    for (int64_t i = 0; i < wanted.numel(); ++i) {
      largest = std::max(largest, std::abs(wanted.item(i)));
      const double d = std::abs(wanted.item(i) - actual.item(i));
      deviation = std::isnan(d) ? d : std::max(deviation, d);
      if (std::isnan(d)) break;
    }
    EXPECT_LE(deviation, (dtype_ == DType::f32 ? 1e-5 : 1e-10) * largest) << name_ << " " << part;
  }

  const Safetensors& file_;
  const std::string name_;
  const DType dtype_;
  const nlohmann::json about_;
};

Variable GoldenCase::scalar(const RecurrentResult& result) const {
  Variable total = sum(result.output * Variable(get("output_gradient").to(dtype_)));
  total = total + sum(result.state.h() * Variable(get("h_n_gradient").to(dtype_)));
  if (lstm()) total = total + sum(result.state.c() * Variable(get("c_n_gradient").to(dtype_)));
  return total;
}

class RecurrentGolden : public testing::TestWithParam<Golden> {};

TEST_P(RecurrentGolden, Float) { GoldenCase(GetParam(), DType::f32).run(); }
TEST_P(RecurrentGolden, Double) { GoldenCase(GetParam(), DType::f64).run(); }

INSTANTIATE_TEST_SUITE_P(PyTorch, RecurrentGolden, testing::ValuesIn(all_cases()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
