#include "experiments/mnist.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "experiments/idx.h"
#include "sluice/autograd/arrange.h"
#include "sluice/base/error.h"

namespace sluice::experiment {

namespace {

constexpr int64_t classes = 10;
constexpr double ridge_penalty = 1;

// With or without the ending .gz; of neither the reader says that there is no such file.
IdxBytes read_either(const std::string& path) {
  return read_idx(std::filesystem::exists(path) ? path : path + ".gz");
}

Dataset read_part(const std::string& folder, const std::string& part) {
  const std::string start = folder + "/" + part;
  const IdxBytes images = read_either(start + "-images-idx3-ubyte"),
                 labels = read_either(start + "-labels-idx1-ubyte");
  if (images.shape.size() != 3 || labels.shape.size() != 1 || images.shape[0] != labels.shape[0] ||
      images.values.empty())
    fail_data("data.mnist", start, "the images and the labels are not one label an image",
              "give the four files of MNIST as they are published");
  Dataset data{
      Tensor({images.shape[0], images.shape[1], images.shape[2]}), Tensor({labels.shape[0]}), {}};
  std::transform(images.values.begin(), images.values.end(), data.x.data<float>(),
                 [](uint8_t value) { return static_cast<float>(value) / 255; });
  std::copy(labels.values.begin(), labels.values.end(), data.y.data<float>());
  const auto greatest = *std::max_element(labels.values.begin(), labels.values.end());
  if (greatest >= classes)
    fail_data("data.mnist", start, "a label is " + std::to_string(greatest) + ", which is no digit",
              "give the four files of MNIST as they are published");
  return data;
}

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The pixels of every example and a 1, weighed: min ‖X W − Y‖² + λ ‖W‖².
double ridge_percent(const Digits& digits) {
  const auto inputs_of = [](const Dataset& data) {
    const Eigen::Index pixels = data.x.numel() / data.size();
    Matrix x(data.size(), pixels + 1);
    x.leftCols(pixels) = Eigen::Map<const Matrix>(data.x.data<float>(), data.size(), pixels);
    x.col(pixels).setOnes();
    return x;
  };
  const Matrix x = inputs_of(digits.train);
  Matrix y = Matrix::Zero(digits.train.size(), classes);
  for (int64_t row = 0; row < digits.train.size(); ++row)
    y(row, static_cast<Eigen::Index>(digits.train.y.item(row))) = 1;
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(x.cols(), x.cols());
  gram.diagonal().setConstant(ridge_penalty);
  Eigen::MatrixXd cross = Eigen::MatrixXd::Zero(x.cols(), classes);
  constexpr Eigen::Index piece = 4096;  // examples at a time in double
  for (Eigen::Index begin = 0; begin < x.rows(); begin += piece) {
    const Eigen::Index rows = std::min(piece, x.rows() - begin);
    const Eigen::MatrixXd part = x.middleRows(begin, rows).cast<double>();
    gram.selfadjointView<Eigen::Lower>().rankUpdate(part.transpose());
    cross += part.transpose() * y.middleRows(begin, rows).cast<double>();
  }
  const Eigen::MatrixXd weights = gram.selfadjointView<Eigen::Lower>().ldlt().solve(cross);
  Tensor logits({digits.test.size(), classes});
  Eigen::Map<Matrix>(logits.data<float>(), digits.test.size(), classes) =
      inputs_of(digits.test) * weights.cast<float>();
  return percent_right(logits, digits.test.y);
}

}  // namespace

Digits read_mnist(const std::string& folder) {
  if (folder.empty())
    fail_config("usage.data", "--data", "MNIST does not come with sluice",
                "give --data and the folder of its four files, as train-images-idx3-ubyte.gz");
  return {read_part(folder, "train"), read_part(folder, "t10k")};
}

Dataset first_rows(const Dataset& data, int64_t count) {
  const int64_t rows = std::min(count, data.size());
  return {slice(data.x, 0, 0, rows).value(), slice(data.y, 0, 0, rows).value(), {}};
}

double percent_right(const Tensor& logits, const Tensor& digits) {
  int64_t right = 0;
  for (int64_t row = 0; row < digits.numel(); ++row) {
    const float* const first = logits.data<float>() + row * classes;
    const auto likeliest = std::max_element(first, first + classes) - first;
    right += likeliest == static_cast<int64_t>(digits.item(row));
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(digits.numel());
}

std::vector<Floor> mnist_floors(const Digits& digits) {
  std::array<int64_t, classes> counts{};
  for (int64_t row = 0; row < digits.train.size(); ++row)
    ++counts[static_cast<size_t>(digits.train.y.item(row))];
  const auto most = std::max_element(counts.begin(), counts.end()) - counts.begin();
  Tensor always({digits.test.size(), classes});
  for (int64_t row = 0; row < digits.test.size(); ++row)
    always.data<float>()[row * classes + most] = 1;
  return {{"always " + std::to_string(most), {percent_right(always, digits.test.y)}},
          {"ridge on the pixels", {ridge_percent(digits)}}};
}

}  // namespace sluice::experiment
