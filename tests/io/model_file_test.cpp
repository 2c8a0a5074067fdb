#include "sluice/io/model_file.h"

#include <random>

#include "expect_error.h"
#include "gtest/gtest.h"
#include "temporary_folder.h"

namespace sluice {
namespace {

ModelFile sample() {
  ModelFile model;
  const float weight[] = {1, 2, 3, 4, 5, 6};
  const double scale[] = {104, 622};
  model.tensors = {{"lstm.weight_ih_l0", Tensor::from(std::span<const float>(weight), {3, 2})},
                   {"scale", Tensor::from(std::span<const double>(scale), {2})}};
  model.metadata = {{"recipe", "horizon: 12\n"}, {"columns", R"(["Month","客运量"])"}};
  return model;
}

TEST(ModelFile, RoundTrip) {
  const TemporaryFolder folder;
  const std::string path = folder.file("m.sluice");
  save_model(sample(), path);
  const ModelFile back = load_model(path);
  EXPECT_EQ(back.text("recipe"), "horizon: 12\n");
  EXPECT_EQ(back.text("columns"), R"(["Month","客运量"])");
  EXPECT_EQ(back.text(model_version_key), SLUICE_VERSION);
  ASSERT_EQ(back.tensors.size(), 2U);
  EXPECT_EQ(back.tensors[0].second.item(5), 6);

  save_model(back, folder.file("again.sluice"));
  EXPECT_EQ(read_bytes(path), read_bytes(folder.file("again.sluice")));
}

TEST(ModelFile, MissingKeyIsNamed) {
  const Error error = error_of([] { sample().text("scalers", "m.sluice"); });
  EXPECT_EQ(error.id, "model.key");
  EXPECT_EQ(error.where, "m.sluice");
}

TEST(ModelFile, SafetensorsOfOthersAreNotModels) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("other"), sample().tensors);
  EXPECT_EQ(error_of([&] { load_model(folder.file("other")); }).id, "model.foreign");
}

TEST(ModelFile, NewerFormatAsksForAnUpdate) {
  const TemporaryFolder folder;
  write_safetensors(folder.file("new"), sample().tensors, {{model_format_key, "99"}});
  const Error error = error_of([&] { load_model(folder.file("new")); });
  EXPECT_EQ(error.id, "model.version");
  EXPECT_EQ(error.hint, "update sluice");
}

TEST(ModelFile, EveryChangedBitIsNoticed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("m.sluice");
  save_model(sample(), path);
  const std::string good = read_bytes(path);
  for (size_t i = 0; i < good.size(); ++i)
    for (int bit = 0; bit < 8; bit += 3) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      write_bytes(path, bad);
      EXPECT_THROW(load_model(path), Error) << "byte " << i << " bit " << bit;
    }
}

TEST(ModelFile, EveryCutIsNoticed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("m.sluice");
  save_model(sample(), path);
  const std::string good = read_bytes(path);
  for (size_t length = 0; length < good.size(); ++length) {
    write_bytes(path, good.substr(0, length));
    EXPECT_EQ(error_of([&] { load_model(path); }).code, ExitCode::data) << "cut to " << length;
  }
}

// Bytes changed, taken out, put in and doubled at random: each result loads or is an Error.
TEST(ModelFile, RandomDamageNeverCrashes) {
  const TemporaryFolder folder;
  const std::string path = folder.file("m.sluice");
  save_model(sample(), path);
  const std::string good = read_bytes(path);
  std::mt19937 random(1);
  const auto below = [&](size_t bound) { return static_cast<size_t>(random()) % bound; };
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bad = good;
    for (size_t edits = 1 + below(4); edits > 0 && !bad.empty(); --edits) {
      const size_t at = below(bad.size()), count = 1 + below(16);
      switch (below(5)) {
        case 0:
          bad[at] = static_cast<char>(random());
          break;
        case 1:
          bad.erase(at, count);
          break;
        case 2:
          bad.insert(at, bad.substr(below(bad.size()), count));
          break;
        case 3:
          bad[at] = "{}[]\",:0123456789"[below(17)];
          break;
        default:
          bad.insert(at, std::string(count, static_cast<char>(random())));
          break;
      }
    }
    write_bytes(path, bad);
    try {
      read_safetensors(path);
      load_model(path);
    } catch (const Error& error) {
      EXPECT_FALSE(error.message.empty());
      ++refused;
    }
  }
  EXPECT_GT(refused, 1750);
}

}  // namespace
}  // namespace sluice
