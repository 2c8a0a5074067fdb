// A forecaster in a model file: weights as tensors, all else as texts.
#include <fmt/core.h>

#include "sluice/base/error.h"
#include "sluice/forecast/forecaster.h"
#include "sluice/forecast/json.h"

namespace sluice {
namespace {

Json to_json(const std::vector<std::vector<SavedTransform>>& chains) {
  Json all = Json::array();
  for (const auto& chain : chains) {
    Json stages = Json::array();
    for (const SavedTransform& stage : chain) {
      Json numbers = Json::object();
      for (const auto& [name, value] : stage.parameters) numbers[name] = value;
      stages.push_back({{"name", stage.name}, {"parameters", numbers}});
    }
    all.push_back(stages);
  }
  return all;
}

std::vector<std::vector<SavedTransform>> chains_from(const Json& all) {
  std::vector<std::vector<SavedTransform>> chains;
  for (const Json& stages : all) {
    chains.emplace_back();
    for (const Json& stage : stages) {
      SavedTransform saved{stage.at("name"), {}};
      for (const auto& [name, value] : stage.at("parameters").items())
        saved.parameters.emplace_back(name, value.get<double>());
      chains.back().push_back(std::move(saved));
    }
  }
  return chains;
}

Json to_json(const History& history) {
  return {{"loss", json_numbers(history.loss)},
          {"val_loss", json_numbers(history.val_loss)},
          {"learning_rate", json_numbers(history.learning_rate)},
          {"best_epoch", history.best_epoch},
          {"restored_best", history.restored_best},
          {"interrupted", history.interrupted},
          {"stopped_early", history.stopped_early},
          {"ending", history.ending}};
}

History history_from(const Json& json) {
  History history;
  history.loss = numbers_from(json.at("loss"));
  history.val_loss = numbers_from(json.at("val_loss"));
  history.learning_rate = numbers_from(json.at("learning_rate"));
  history.best_epoch = json.at("best_epoch");
  history.restored_best = json.at("restored_best");
  history.interrupted = json.at("interrupted");
  history.stopped_early = json.at("stopped_early");
  history.ending = json.at("ending");
  return history;
}

std::string prefix(size_t member) { return "members." + std::to_string(member) + "."; }

const Tensor& tensor_of(const ModelFile& file, const std::string& name, const std::string& path) {
  for (const auto& [known, tensor] : file.tensors)
    if (known == name) return tensor;
  fail_data("model.tensor", path, "the model file lacks the tensor " + name, "fit the model again");
}

std::vector<double> doubles(const Tensor& tensor) {
  const Tensor wide = tensor.to(DType::f64);
  return {wide.values<double>().begin(), wide.values<double>().end()};
}

void save_ridge(ModelFile& file, const std::string& name, const LinearModel& ridge) {
  if (ridge.intercept.empty()) return;
  const Matrix& weights = ridge.weights;
  file.tensors.emplace_back(name + "weight",
                            Tensor::from(weights.values, {weights.rows, weights.columns}));
  file.tensors.emplace_back(
      name + "bias", Tensor::from(ridge.intercept, {static_cast<int64_t>(ridge.intercept.size())}));
}

LinearModel load_ridge(const ModelFile& file, const std::string& name, const std::string& path) {
  const Tensor& weight = tensor_of(file, name + "weight", path);
  LinearModel ridge;
  ridge.intercept = doubles(tensor_of(file, name + "bias", path));
  ridge.weights = {weight.size(0), weight.size(-1), doubles(weight)};
  return ridge;
}

// The tensors under a prefix, without it.
NamedTensors under(const ModelFile& file, const std::string& name) {
  NamedTensors state;
  for (const auto& [known, tensor] : file.tensors)
    if (known.starts_with(name)) state.emplace_back(known.substr(name.size()), tensor);
  return state;
}

}  // namespace

void Forecaster::save(ModelFile& file) const {
  Json history = Json::array();
  for (size_t k = 0; k < members_.size(); ++k) {
    for (const auto& [name, tensor] : members_[k].network->state())
      file.tensors.emplace_back(prefix(k) + name, tensor);
    save_ridge(file, prefix(k) + "ridge.", members_[k].ridge);
    history.push_back(to_json(members_[k].history));
  }
  file.metadata["recipe"] = recipe_text(recipe_);
  file.metadata["encoder"] = to_json(encoder_.save()).dump();
  file.metadata["history"] = history.dump();
}

Forecaster Forecaster::load(const ModelFile& file, const std::string& path) {
  Forecaster forecaster;
  Recipe& recipe = forecaster.recipe_ = read_recipe_text(file.text("recipe", path), path);
  forecaster.encoder_ = Encoder(encoder_options(recipe));
  forecaster.encoder_.load(
      read_model_json(file.text("encoder", path), path, "transforms", chains_from));
  const auto histories =
      read_model_json(file.text("history", path), path, "training history", [](const Json& all) {
        std::vector<History> list;
        for (const Json& one : all) list.push_back(history_from(one));
        return list;
      });
  for (size_t k = 0; k < histories.size(); ++k) {
    Generator generator(static_cast<uint64_t>(recipe.seed));
    Member member{std::make_unique<Network>(recipe, network_shape(forecaster.encoder_), generator),
                  {},
                  histories[k]};
    member.network->load_state(under(file, prefix(k)));
    if (recipe.linear_skip == "ridge") member.ridge = load_ridge(file, prefix(k) + "ridge.", path);
    forecaster.members_.push_back(std::move(member));
  }
  if (forecaster.members_.empty())
    fail_data("model.corrupt", path, "the model file holds no network", "fit the model again");
  return forecaster;
}

}  // namespace sluice
