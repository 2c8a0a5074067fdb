#include "model.h"

#include "csv_text.h"
#include "sluice/base/error.h"
#include "sluice/forecast/json.h"

namespace sluice::cli {
namespace {

Json to_json(const Picture& picture) {
  Json forecast = Json::array();
  for (const std::vector<double>& run : picture.forecast) forecast.push_back(json_numbers(run));
  return {{"file", picture.file},           {"target", picture.target},
          {"frequency", picture.frequency}, {"labels", picture.labels},
          {"times", picture.times},         {"values", json_numbers(picture.values)},
          {"future", picture.future},       {"future_times", picture.future_times},
          {"forecast", forecast},           {"read", picture.read},
          {"inferred", picture.inferred}};
}

Picture picture_from(const Json& json) {
  Picture picture;
  picture.file = json.at("file");
  picture.target = json.at("target");
  picture.frequency = json.at("frequency");
  json.at("labels").get_to(picture.labels);
  json.at("times").get_to(picture.times);
  picture.values = numbers_from(json.at("values"));
  json.at("future").get_to(picture.future);
  json.at("future_times").get_to(picture.future_times);
  for (const Json& run : json.at("forecast")) picture.forecast.push_back(numbers_from(run));
  json.at("read").get_to(picture.read);
  json.at("inferred").get_to(picture.inferred);
  return picture;
}

}  // namespace

Picture make_picture(const Job& job, const Forecaster& forecaster) {
  const Frame& frame = job.series.frame;
  const int horizon = job.plan.horizon;
  Picture picture;
  picture.file = frame.source;
  picture.target = job.series.target;
  picture.frequency = describe(frame.frequency);
  for (int64_t row = 0; row < frame.rows(); ++row) picture.labels.push_back(date_label(frame, row));
  picture.times = frame.time;
  picture.values.assign(job.series.values().begin(), job.series.values().end());
  picture.read = frame.notes;
  picture.inferred = job.resolved.notes;
  if (job.resolved.recipe.target_at == "same") return picture;
  picture.future = future_labels(frame, horizon);
  if (!frame.time.empty() && frame.frequency.regular())
    picture.future_times = future_times(frame.frequency, frame.time.back(), horizon);
  picture.forecast = forecaster.forecast(known(job.series, job.series.rows()));
  return picture;
}

void save_stored(const StoredModel& model, const std::string& path) {
  ModelFile file;
  model.forecaster.save(file);
  if (model.backtest) file.metadata["backtest"] = backtest_to_json(*model.backtest);
  file.metadata["picture"] = to_json(model.picture).dump();
  save_model(file, path);
}

StoredModel load_stored(const std::string& path) {
  const ModelFile file = load_model(path);
  StoredModel model;
  model.forecaster = Forecaster::load(file, path);
  if (file.metadata.contains("backtest"))
    model.backtest = backtest_from_json(file.text("backtest", path), path);
  model.picture = read_model_json(file.text("picture", path), path, "picture", picture_from);
  return model;
}

}  // namespace sluice::cli
