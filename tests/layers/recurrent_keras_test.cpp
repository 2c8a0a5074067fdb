// Recurrent layers against Keras' numbers: both resets of GRU, hard sigmoids, padding on either
// side, masks, held outputs, both directions merged; outputs, states and every gradient.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "sluice/autograd/arithmetic.h"
#include "sluice/autograd/reduce.h"
#include "sluice/layers/stacked_recurrent.h"

namespace sluice {
namespace {

using test::Golden;

/// Keras' tensors [.., gates·H] and ours [gates·H, ..]: transposed, in another order of gates.
class GateOrder {
 public:
  GateOrder(const std::string& cell, int64_t hidden_size) : h_(hidden_size) {
    if (cell == "gru") keras_gate_ = {1, 0, 2};  // ours r z n, theirs z r h
    if (cell == "lstm") keras_gate_ = {0, 1, 2, 3};
    if (cell == "rnn") keras_gate_ = {0};
  }

  /// [rows, gates·H] → [gates·H, rows].
  Tensor ours(const Tensor& keras) const {
    const int64_t rows = keras.size(0), columns = keras.size(1);
    Tensor result({columns, rows}, keras.dtype());
    each(rows, [&](int64_t row, int64_t our, int64_t their) {
      copy(keras, row * columns + their, result, our * rows + row);
    });
    return result;
  }
  /// And back: what the layer's gradients are compared in.
  Tensor keras(const Tensor& ours) const {
    const int64_t columns = ours.size(0), rows = ours.size(1);
    Tensor result({rows, columns}, ours.dtype());
    each(rows, [&](int64_t row, int64_t our, int64_t their) {
      copy(ours, our * rows + row, result, row * columns + their);
    });
    return result;
  }

 private:
  template <class F>
  void each(int64_t rows, F&& f) const {
    for (int64_t row = 0; row < rows; ++row)
      for (size_t gate = 0; gate < keras_gate_.size(); ++gate)
        for (int64_t u = 0; u < h_; ++u)
          f(row, static_cast<int64_t>(gate) * h_ + u, keras_gate_[gate] * h_ + u);
  }
  static void copy(const Tensor& from, int64_t i, Tensor& to, int64_t j) {
    dispatch(to.dtype(), [&](auto zero) {
      using T = decltype(zero);
      to.data<T>()[j] = from.data<T>()[i];
    });
  }

  int64_t h_;
  std::vector<int64_t> keras_gate_;
};

class KerasCase {
 public:
  KerasCase(const Golden& golden, DType dtype)
      : golden_(golden),
        about_(golden_.description()),
        dtype_(dtype),
        order_(about_["cell"], about_["hidden_size"]) {}

  void run() {
    Generator generator(1);
    if (!about_.contains("merge")) {
      Recurrent layer(options(), generator);
      return run(layer);
    }
    const std::map<std::string, Merge> merges = {
        {"sum", Merge::sum}, {"ave", Merge::mean}, {"mul", Merge::multiply}};
    StackedOptions stacked;
    stacked.layer = options();
    stacked.merge = merges.at(about_["merge"]);
    StackedRecurrent layer(stacked, generator);
    run(layer);
  }

 private:
  template <class Layer>
  void run(Layer& layer) {
    layer.to(dtype_);
    layer.load_state(weights());
    const Variable x(get("input").clone(), true);
    RecurrentState first;
    for (int k = 0; about_["initial_state"] && k < states(); ++k)
      first.values[k] = Variable(one_layer(get(state_name(k) + "_0")).clone(), true);
    const RecurrentResult result = layer.run(x, first, padding());
    golden_.expect("output", dtype_, result.output.value());
    Variable total = sum(result.output * Variable(get("output_gradient")));
    for (int k = 0; !bidirectional() && k < states(); ++k) {
      const Variable& last = result.state.values[k];
      golden_.expect(state_name(k) + "_n", dtype_, without_layers(last.value()));
      total = total + sum(last * Variable(one_layer(get(state_name(k) + "_n_gradient"))));
    }
    total.backward();
    golden_.expect("gradient/input", dtype_, x.grad());
    for (int k = 0; first.h().defined() && k < states(); ++k)
      golden_.expect("gradient/" + state_name(k) + "_0", dtype_,
                     without_layers(first.values[k].grad()));
    compare_gradients(layer);
  }

  bool bidirectional() const { return about_["bidirectional"]; }
  bool two_biases() const { return about_["cell"] == "gru" && about_["reset_after"]; }
  int states() const { return about_["cell"] == "lstm" ? 2 : 1; }
  static std::string state_name(int k) { return k == 0 ? "h" : "c"; }
  Tensor get(const std::string& part) const { return golden_.get(part).to(dtype_); }
  static Tensor one_layer(const Tensor& t) { return t.reshape({1, t.size(0), t.size(1)}); }
  static Tensor without_layers(const Tensor& t) { return t.reshape({t.size(1), t.size(2)}); }
  /// Our suffix and Keras' prefix of each direction.
  std::vector<std::pair<std::string, std::string>> directions() const {
    if (!bidirectional()) return {{"_l0", ""}};
    return {{"_l0", "forward/"}, {"_l0_reverse", "backward/"}};
  }

  RecurrentOptions options() const {
    RecurrentOptions o;
    o.cell = about_["cell"];
    if (o.cell == "gru" && !about_["reset_after"]) o.cell = "gru_reset_before";
    o.input_size = about_["input_size"];
    o.hidden_size = about_["hidden_size"];
    o.batch_first = true;
    o.direction = bidirectional() ? DirectionOf::both : DirectionOf::forward;
    o.outputs = about_["outputs"] == "all" ? Outputs::all : Outputs::last;
    o.padded_output = about_["padded_output"] == "hold" ? PaddedOutput::hold : PaddedOutput::zero;
    o.biases = !about_["use_bias"] ? 0 : two_biases() ? 2 : 1;
    if (about_["activation"] == "relu")
      o.switches.activation = o.switches.output_activation = CellSwitches::Activation::relu;
    if (about_["recurrent_activation"] == "hard_sigmoid")
      o.switches.gate = CellSwitches::Gate::hard_sigmoid;
    if (about_["recurrent_activation"] == "hard_sigmoid_slope_0.2")
      o.switches.gate = CellSwitches::Gate::hard_sigmoid_keras2;
    return o;
  }
  Padding padding() const {
    if (about_.contains("mask")) {
      std::vector<uint8_t> real;
      for (const auto& row : about_["mask"])
        for (int step : row) real.push_back(static_cast<uint8_t>(step));
      return masked(real, about_["steps"]);
    }
    Padding padding;
    if (about_["lengths"].is_null()) return padding;
    padding.lengths = about_["lengths"].get<std::vector<int>>();
    padding.left = about_["padding"] == "left";
    return padding;
  }

  NamedTensors weights() const {
    NamedTensors state;
    for (const auto& [suffix, prefix] : directions()) {
      state.emplace_back("weight_ih" + suffix, order_.ours(get("weight/" + prefix + "kernel")));
      state.emplace_back("weight_hh" + suffix,
                         order_.ours(get("weight/" + prefix + "recurrent_kernel")));
      if (!about_["use_bias"]) continue;
      const Tensor bias = get("weight/" + prefix + "bias");
      const int64_t rows = bias.size(-1), vectors = bias.numel() / rows;
      const Tensor both = order_.ours(bias.reshape({vectors, rows}));  // [gates·H, 1 or 2]
      for (int64_t v = 0; v < vectors; ++v)
        state.emplace_back((v == 0 ? "bias_ih" : "bias_hh") + suffix, column(both, v));
    }
    return state;
  }
  Tensor column(const Tensor& matrix, int64_t which) const {
    Tensor result({matrix.size(0)}, dtype_);
    dispatch(dtype_, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < result.numel(); ++i)
        result.data<T>()[i] = matrix.data<T>()[i * matrix.size(1) + which];
    });
    return result;
  }

  void compare_gradients(const Module& layer) const {
    const NamedTensors ours = layer.gradients();
    const auto find = [&](const std::string& name) {
      for (const auto& [known, tensor] : ours)
        if (known == name) return tensor;
      throw std::runtime_error("no gradient " + name);
    };
    for (const auto& [suffix, prefix] : directions()) {
      const std::string start = "gradient/" + prefix;
      golden_.expect(start + "kernel", dtype_, order_.keras(find("weight_ih" + suffix)));
      golden_.expect(start + "recurrent_kernel", dtype_, order_.keras(find("weight_hh" + suffix)));
      if (!about_["use_bias"]) continue;
      const int64_t rows = find("bias_ih" + suffix).numel();
      Tensor bias = order_.keras(find("bias_ih" + suffix).reshape({rows, 1}));
      if (two_biases()) {
        const Tensor second = order_.keras(find("bias_hh" + suffix).reshape({rows, 1}));
        bias = stacked(bias, second);
      } else {
        bias = bias.reshape({rows});
      }
      golden_.expect(start + "bias", dtype_, bias);
    }
  }
  Tensor stacked(const Tensor& a, const Tensor& b) const {
    Tensor result({2, a.numel()}, dtype_);
    dispatch(dtype_, [&](auto zero) {
      using T = decltype(zero);
      std::copy_n(a.data<T>(), a.numel(), result.data<T>());
      std::copy_n(b.data<T>(), b.numel(), result.data<T>() + a.numel());
    });
    return result;
  }

  const test::GoldenTensors golden_;
  const nlohmann::json about_;
  const DType dtype_;
  const GateOrder order_;
};

class RecurrentKeras : public testing::TestWithParam<Golden> {};

TEST_P(RecurrentKeras, Float) { KerasCase(GetParam(), DType::f32).run(); }
TEST_P(RecurrentKeras, Double) { KerasCase(GetParam(), DType::f64).run(); }

std::string test_name(const testing::TestParamInfo<Golden>& row) {
  std::string name = row.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Keras, RecurrentKeras,
    testing::ValuesIn(test::golden_cases({"keras", "keras_masking", "keras_merge"})), test_name);

}  // namespace
}  // namespace sluice
