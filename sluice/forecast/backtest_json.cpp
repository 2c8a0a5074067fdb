// A backtest as text, so that a report needs the model file alone.
#include "sluice/base/error.h"
#include "sluice/forecast/backtest.h"
#include "sluice/forecast/json.h"

namespace sluice {

std::string backtest_to_json(const Backtest& backtest) {
  Json models = Json::array();
  for (const ModelForecasts& model : backtest.models) {
    Json runs = Json::array();
    for (const std::vector<double>& run : model.runs) runs.push_back(json_numbers(run));
    models.push_back({{"name", model.name},
                      {"baseline", model.baseline},
                      {"detail", model.detail},
                      {"runs", runs}});
  }
  return Json{{"horizon", backtest.plan.horizon},      {"step", backtest.plan.step},
              {"cutoffs", backtest.plan.cutoffs},      {"refit", backtest.plan.refit},
              {"rolling", backtest.plan.rolling},      {"actual", json_numbers(backtest.actual)},
              {"scale", json_numbers(backtest.scale)}, {"models", models}}
      .dump();
}

Backtest backtest_from_json(const std::string& text, const std::string& path) {
  return read_model_json(text, path, "backtest", [](const Json& json) {
    Backtest backtest;
    backtest.plan.horizon = json.at("horizon");
    backtest.plan.step = json.at("step");
    backtest.plan.cutoffs = json.at("cutoffs").get<std::vector<int64_t>>();
    backtest.plan.refit = json.at("refit");
    backtest.plan.rolling = json.at("rolling");
    backtest.actual = numbers_from(json.at("actual"));
    backtest.scale = numbers_from(json.at("scale"));
    for (const Json& one : json.at("models")) {
      ModelForecasts model{one.at("name"), one.at("baseline"), one.at("detail"), {}};
      for (const Json& run : one.at("runs")) model.runs.push_back(numbers_from(run));
      backtest.models.push_back(std::move(model));
    }
    return backtest;
  });
}

}  // namespace sluice
