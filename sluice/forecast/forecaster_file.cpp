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

Json to_json(const std::vector<MetricHistory>& metrics) {
  Json all = Json::object();
  for (const MetricHistory& metric : metrics)
    all[metric.name] = {{"train", json_numbers(metric.train)}, {"val", json_numbers(metric.val)}};
  return all;
}

std::vector<MetricHistory> metrics_from(const Json& json) {
  std::vector<MetricHistory> metrics;
  for (const auto& [name, both] : json.items())
    metrics.push_back({name, numbers_from(both.at("train")), numbers_from(both.at("val"))});
  return metrics;
}

Json to_json(const History& history) {
  return {{"loss", json_numbers(history.loss)},
          {"val_loss", json_numbers(history.val_loss)},
          {"learning_rate", json_numbers(history.learning_rate)},
          {"metrics", to_json(history.metrics)},
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
  if (json.contains("metrics")) history.metrics = metrics_from(json.at("metrics"));
  history.best_epoch = json.at("best_epoch");
  history.restored_best = json.at("restored_best");
  history.interrupted = json.at("interrupted");
  history.stopped_early = json.at("stopped_early");
  history.ending = json.at("ending");
  return history;
}

// Tensors of a basis begin with "bases.0."; those of its networks with "bases.0.seeds.0.".
std::string basis_prefix(size_t basis) { return "bases." + std::to_string(basis) + "."; }

std::string seed_prefix(size_t basis, size_t seed) {
  return basis_prefix(basis) + "seeds." + std::to_string(seed) + ".";
}

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
  Json bases = Json::array();
  for (size_t b = 0; b < bases_.size(); ++b) {
    const Basis& basis = bases_[b];
    Json histories = Json::array();
    for (size_t k = 0; k < basis.members.size(); ++k) {
      for (const auto& [name, tensor] : basis.members[k].network->state())
        file.tensors.emplace_back(seed_prefix(b, k) + name, tensor);
      histories.push_back(to_json(basis.members[k].history));
    }
    save_ridge(file, basis_prefix(b) + "ridge.", basis.ridge);
    bases.push_back({{"transforms", to_json(basis.encoder.save())},
                     {"epochs", basis.epochs},
                     {"history", histories}});
  }
  file.metadata["recipe"] = recipe_text(recipe_);
  file.metadata["bases"] = bases.dump();
}

Forecaster Forecaster::load(const ModelFile& file, const std::string& path) {
  Forecaster forecaster;
  Recipe& recipe = forecaster.recipe_ = read_recipe_text(file.text("recipe", path), path);
  read_model_json(file.text("bases", path), path, "networks", [&](const Json& bases) {
    for (const Json& one : bases) {
      const size_t b = forecaster.bases_.size();
      Basis& basis = forecaster.bases_.emplace_back();
      basis.encoder = Encoder(encoder_options(recipe, recipe.transform->chains.at(b)));
      basis.encoder.load(chains_from(one.at("transforms")));
      basis.epochs = one.at("epochs");
      if (recipe.linear_skip == "ridge")
        basis.ridge = load_ridge(file, basis_prefix(b) + "ridge.", path);
      for (const Json& history : one.at("history")) {
        Generator generator(static_cast<uint64_t>(recipe.seed));
        Member member{std::make_unique<Network>(recipe, network_shape(basis.encoder), generator),
                      history_from(history)};
        member.network->load_state(under(file, seed_prefix(b, basis.members.size())));
        basis.members.push_back(std::move(member));
      }
    }
    return 0;
  });
  if (forecaster.bases_.empty() || forecaster.bases_.front().members.empty())
    fail_data("model.corrupt", path, "the model file holds no network", "fit the model again");
  return forecaster;
}

}  // namespace sluice
