#include "sluice/train/penalty.h"

#include <algorithm>
#include <cmath>

#include "sluice/base/error.h"
#include "sluice/base/options.h"
#include "sluice/base/registry.h"

namespace sluice {

namespace {

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words = {""};
  for (const char c : name)
    if (c == '.' || c == '_')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

bool means(const std::string& name, const std::string& parameter) {
  if (name.empty()) return true;
  const std::vector<std::string> wanted = words_of(name), words = words_of(parameter);
  return std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end();
}

void check(const ParameterPenalty& penalty, const NamedTensors& state) {
  const auto where = [&] { return penalty.name.empty() ? "penalty" : penalty.name; };
  if (!(penalty.l1 >= 0 && penalty.l2 >= 0))
    fail_config("train.penalty", where(), "a penalty's factor must not be negative",
                "write for example 1e-4");
  if (std::any_of(state.begin(), state.end(),
                  [&](const auto& row) { return means(penalty.name, row.first); }))
    return;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  const std::string near = suggest(penalty.name, names);
  fail_config("train.penalty", where(), "no parameter of the model has this in its name",
              near.empty() && !names.empty() ? "one is called " + names.front() : near);
}

/// Each number's factor, in the layout in which the parameters hold their numbers: the model
/// itself takes them there.
std::vector<Tensor> spread(Module& model, const NamedTensors& state,
                           const std::vector<ParameterPenalty>& penalties,
                           double ParameterPenalty::* factor) {
  NamedTensors factors;
  for (const auto& [name, tensor] : state) {
    double sum = 0;
    for (const ParameterPenalty& penalty : penalties)
      if (means(penalty.name, name)) sum += penalty.*factor;
    factors.emplace_back(name, Tensor::full(tensor.shape(), sum, tensor.dtype()));
  }
  model.load_state(factors);
  std::vector<Tensor> result;
  for (const Variable& parameter : model.parameters()) result.push_back(parameter.value().clone());
  return result;
}

}  // namespace

ParameterPenalties::ParameterPenalties(Module& model,
                                       const std::vector<ParameterPenalty>& penalties) {
  if (penalties.empty()) return;
  const NamedTensors state = model.state();
  for (const ParameterPenalty& penalty : penalties) check(penalty, state);
  const std::vector<Tensor> l1 = spread(model, state, penalties, &ParameterPenalty::l1);
  const std::vector<Tensor> l2 = spread(model, state, penalties, &ParameterPenalty::l2);
  model.load_state(state);
  const std::vector<Variable> parameters = model.parameters();
  for (size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].requires_grad()) all_.push_back({parameters[i], l1[i], l2[i]});
}

double ParameterPenalties::add_gradients() const {
  double sum = 0;
  for (const Factors& factors : all_)
    dispatch(factors.l1.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto values = factors.parameter.value().template values<T>();
      const auto l1 = factors.l1.template values<T>(), l2 = factors.l2.template values<T>();
      const auto gradient = factors.parameter.grad_buffer().template values<T>();
      for (size_t i = 0; i < values.size(); ++i) {
        const T w = values[i];
        const auto sign = static_cast<T>((w > 0) - (w < 0));
        sum += static_cast<double>(l1[i]) * std::abs(w) + static_cast<double>(l2[i]) * w * w;
        gradient[i] += l1[i] * sign + 2 * l2[i] * w;
      }
    });
  return sum;
}

}  // namespace sluice
