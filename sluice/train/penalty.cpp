#include "sluice/train/penalty.h"

#include <cmath>

#include "sluice/base/error.h"
#include "sluice/train/parameter_names.h"

namespace sluice {

namespace {

void check(const ParameterPenalty& penalty, const NamedTensors& state) {
  const std::string where = penalty.name.empty() ? "penalty" : penalty.name;
  if (!(penalty.l1 >= 0 && penalty.l2 >= 0))
    fail_config("train.penalty", where, "a penalty's factor must not be negative",
                "write for example 1e-4");
  check_parameter_name("train.penalty", where, penalty.name, state);
}

/// Each number's factor, in the layout in which the parameters hold their numbers.
std::vector<Tensor> spread(Module& model, const NamedTensors& state,
                           const std::vector<ParameterPenalty>& penalties,
                           double ParameterPenalty::* factor) {
  return numbers_by_name(model, state, [&](const std::string& name) {
    double sum = 0;
    for (const ParameterPenalty& penalty : penalties)
      if (means_parameter(penalty.name, name)) sum += penalty.*factor;
    return sum;
  });
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
