// Files go to the `safetensors` package of Python and come back, where it is installed.
#include <sys/wait.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "sluice/io/model_file.h"
#include "temporary_folder.h"

namespace sluice {
namespace {

TEST(OtherReaders, PythonReadsOurFilesAndWeReadPythons) {
  const TemporaryFolder folder;
  const float weight[] = {1, 2, 3, 4, 5, 6};
  const double scale[] = {104, 622};
  save_model({{{"lstm.weight_ih_l0", Tensor::from(std::span<const float>(weight), {3, 2})},
               {"scale", Tensor::from(std::span<const double>(scale), {2})}},
              {{"recipe", "horizon: 12\n"}, {"columns", R"(["Month","客运量"])"}}},
             folder.file("m.sluice"));

  const char* chosen = std::getenv("SLUICE_PYTHON");
  const std::string python = chosen ? chosen : "python3";
  const std::string command =
      "'" + python + "' '" SLUICE_SOURCE_DIR "/tests/io/other_readers_test.py' '" +
      folder.file("m.sluice") + "' '" + folder.file("python.safetensors") + "'";
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 77 || code == 127)
    GTEST_SKIP() << python << " has no safetensors package (SLUICE_PYTHON names another python)";
  ASSERT_EQ(code, 0);

  const Safetensors file = read_safetensors(folder.file("python.safetensors"));
  EXPECT_EQ(file.metadata.at("made by"), "numpy");
  ASSERT_EQ(file.tensors.size(), 4U);
  std::map<std::string, Tensor> tensors(file.tensors.begin(), file.tensors.end());
  EXPECT_EQ(tensors["count"].item(0), -3);
  EXPECT_EQ(tensors["count"].item(1), double(int64_t{1} << 40));
  EXPECT_EQ(tensors["flag"].item(0), 1);
  EXPECT_EQ(tensors["weight"].item(1), -2);
  EXPECT_EQ(tensors["weight"].shape(), (Shape{1, 2}));
  EXPECT_EQ(tensors["scale"].item(), 0.1);
  EXPECT_EQ(tensors["scale"].rank(), 0);
}

}  // namespace
}  // namespace sluice
