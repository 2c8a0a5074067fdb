#include "sluice/train/parameter_names.h"

#include <algorithm>

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

}  // namespace

bool means_parameter(const std::string& name, const std::string& parameter) {
  if (name.empty()) return true;
  const std::vector<std::string> wanted = words_of(name), words = words_of(parameter);
  return std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end();
}

void check_parameter_name(const std::string& id, const std::string& where, const std::string& name,
                          const NamedTensors& state) {
  if (std::any_of(state.begin(), state.end(),
                  [&](const auto& row) { return means_parameter(name, row.first); }))
    return;
  std::vector<std::string> names;
  for (const auto& [known, tensor] : state) names.push_back(known);
  const std::string near = suggest(name, names);
  fail_config(id, where, "no parameter of the model has this in its name",
              near.empty() && !names.empty() ? "one is called " + names.front() : near);
}

std::vector<Tensor> numbers_by_name(Module& model, const NamedTensors& state,
                                    const std::function<double(const std::string&)>& number) {
  NamedTensors numbers;
  for (const auto& [name, tensor] : state)
    numbers.emplace_back(name, Tensor::full(tensor.shape(), number(name), tensor.dtype()));
  model.load_state(numbers);
  std::vector<Tensor> result;
  for (const Variable& parameter : model.parameters()) result.push_back(parameter.value().clone());
  return result;
}

}  // namespace sluice
