// Recurrent layers against ONNX: the standard's own cases of RNN, GRU and LSTM, and ONNX Runtime's
// numbers for ragged rows, every direction, clip, coupled gates and both resets of GRU.
#include <gtest/gtest.h>

#include "golden_file.h"
#include "onnx_layout.h"
#include "sluice/layers/recurrent.h"

namespace sluice {
namespace {

using test::Golden;

class OnnxCase {
 public:
  explicit OnnxCase(const Golden& golden) : golden_(golden), about_(golden_.description()) {}

  void run() {
    Generator generator(1);
    Recurrent layer(options(), generator);
    layer.load_state(weights());
    RecurrentState first;
    if (golden_.find("initial_h")) first.h() = Variable(state("initial_h"));
    if (golden_.find("initial_c")) first.c() = Variable(state("initial_c"));
    const NoGrad off;
    const RecurrentResult result = layer.run(Variable(get("X")), first, padding());
    compare("Y", output(result.output.value()));
    compare("Y_h", batch_first() ? swapped(result.state.h().value()) : result.state.h().value());
    if (about_["operator"] == "LSTM")
      compare("Y_c", batch_first() ? swapped(result.state.c().value()) : result.state.c().value());
  }

 private:
  bool batch_first() const { return about_["layout"] == 1; }
  int directions() const { return about_["direction"] == "bidirectional" ? 2 : 1; }
  int hidden_size() const { return static_cast<int>(get("R").size(2)); }
  const Tensor& get(const std::string& part) const { return golden_.get(part); }
  Tensor get_or_nothing(const std::string& part) const {
    const Tensor* found = golden_.find(part);
    return found ? *found : Tensor();
  }
  /// [B,D,H] ↔ [D,B,H]
  static Tensor swapped(const Tensor& t) {
    const Tensor four = t.reshape({1, t.size(0), t.size(1), t.size(2)});
    return test::permuted(four, {0, 2, 1, 3}).reshape({t.size(1), t.size(0), t.size(2)});
  }
  Tensor state(const std::string& part) const {
    return batch_first() ? swapped(get(part)) : get(part);
  }
  /// [T,B,D·H] → [T,D,B,H]; [B,T,D·H] is [B,T,D,H] as it lies.
  Tensor output(const Tensor& ours) const {
    const Tensor four = ours.reshape({ours.size(0), ours.size(1), directions(), hidden_size()});
    return batch_first() ? four : test::permuted(four, {0, 2, 1, 3});
  }
  /// Most of the standard's cases ask for a part of the results only. Those of ONNX Runtime lie
  /// within 4e-7 of the equations in double; of the 1e-5 of expect() the rest is ours, and a gate
  /// with another's weights is off by tenths.
  void compare(const std::string& part, const Tensor& actual) const {
    if (golden_.find("f32/" + part)) golden_.expect(part, DType::f32, actual);
  }

  std::string cell() const {
    if (about_["operator"] == "RNN") return "rnn";
    if (about_["operator"] == "GRU")
      return about_["linear_before_reset"] == 1 ? "gru" : "gru_reset_before";
    if (about_["input_forget"] == 1) return golden_.find("P") ? "cifg_peephole" : "cifg";
    return golden_.find("P") ? "peephole" : "lstm";
  }
  RecurrentOptions options() const {
    RecurrentOptions o;
    o.cell = cell();
    o.input_size = static_cast<int>(get("W").size(2));
    o.hidden_size = hidden_size();
    o.batch_first = batch_first();
    o.direction = about_["direction"] == "bidirectional" ? DirectionOf::both
                  : about_["direction"] == "reverse"     ? DirectionOf::reverse
                                                         : DirectionOf::forward;
    o.biases = golden_.find("B") ? 2 : 0;
    o.switches.clip = about_["clip"];
    const nlohmann::json& names = about_["activations"];
    if (names.is_null()) return o;
    if (names[0] == "Relu") o.switches.activation = CellSwitches::Activation::relu;
    // The slope that ONNX takes unless told otherwise is 0.2.
    if (names[0] == "HardSigmoid") o.switches.gate = CellSwitches::Gate::hard_sigmoid_keras2;
    return o;
  }
  NamedTensors weights() const {
    NamedTensors ours;
    for (int d = 0; d < directions(); ++d)
      for (auto& named : test::from_onnx(cell(), d == 0 ? "_l0" : "_l0_reverse", d, get("W"),
                                         get("R"), get_or_nothing("B"), get_or_nothing("P")))
        ours.push_back(std::move(named));
    return ours;
  }
  Padding padding() const {
    Padding padding;
    if (!about_["sequence_lens"].is_null())
      padding.lengths = about_["sequence_lens"].get<std::vector<int>>();
    return padding;
  }

  const test::GoldenTensors golden_;
  const nlohmann::json about_;
};

class RecurrentOnnx : public testing::TestWithParam<Golden> {};

TEST_P(RecurrentOnnx, Float) { OnnxCase(GetParam()).run(); }

INSTANTIATE_TEST_SUITE_P(Onnx, RecurrentOnnx,
                         testing::ValuesIn(test::golden_cases({"onnx_nodes", "onnx_runtime"})),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace sluice
