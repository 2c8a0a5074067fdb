#include "sluice/layers/initialization.h"

#include <cmath>

#include "sluice/base/error.h"

namespace sluice {

namespace {

double dot(const double* a, const double* b, int64_t count) {
  double total = 0;
  for (int64_t i = 0; i < count; ++i) total += a[i] * b[i];
  return total;
}

// Makes the rows of [rows, columns] orthonormal in order; the second pass removes what rounding
// left. This is the QR decomposition whose R has a positive diagonal, which is unique.
void orthonormalize(double* matrix, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; ++row) {
    double* const current = matrix + row * columns;
    for (int pass = 0; pass < 2; ++pass)
      for (int64_t other = 0; other < row; ++other) {
        const double* const done = matrix + other * columns;
        const double share = dot(current, done, columns);
        for (int64_t i = 0; i < columns; ++i) current[i] -= share * done[i];
      }
    const double length = std::sqrt(dot(current, current, columns));
    for (int64_t i = 0; i < columns; ++i) current[i] /= length;
  }
}

void fill_zeros(Tensor& tensor, Fans, Generator&) { tensor.fill(0); }
void fill_ones(Tensor& tensor, Fans, Generator&) { tensor.fill(1); }

void fill_fan_in_uniform(Tensor& tensor, Fans fans, Generator& generator) {
  fill_uniform(tensor, 1 / std::sqrt(static_cast<double>(fans.in)), generator);
}

void fill_kaiming_normal(Tensor& tensor, Fans fans, Generator& generator) {
  fill_normal(tensor, std::sqrt(2.0) / std::sqrt(static_cast<double>(fans.in)), generator);
}

void fill_glorot_normal(Tensor& tensor, Fans fans, Generator& generator) {
  fill_normal(tensor, std::sqrt(2.0 / static_cast<double>(fans.in + fans.out)), generator);
}

void fill_orthogonal_row(Tensor& tensor, Fans, Generator& generator) {
  fill_orthogonal(tensor, generator);
}

}  // namespace

void fill_uniform(Tensor& tensor, double bound, Generator& generator) {
  dispatch(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    generator.uniform(tensor.values<T>(), static_cast<T>(-bound), static_cast<T>(bound));
  });
}

void fill_normal(Tensor& tensor, double sd, Generator& generator) {
  dispatch(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    generator.normal(tensor.values<T>(), T(0), static_cast<T>(sd));
  });
}

void fill_kaiming_uniform(Tensor& tensor, Fans fans, Generator& generator) {
  // In PyTorch's order of operations: the bound is a rounded number too.
  const double gain = std::sqrt(2.0 / 6.0);
  const double sd = gain / std::sqrt(static_cast<double>(fans.in));
  fill_uniform(tensor, std::sqrt(3.0) * sd, generator);
}

void fill_glorot_uniform(Tensor& tensor, Fans fans, Generator& generator) {
  const double sd = std::sqrt(2.0 / static_cast<double>(fans.in + fans.out));
  fill_uniform(tensor, std::sqrt(3.0) * sd, generator);
}

void fill_weight_and_bias(Tensor& weight, Tensor& bias, Fans fans, const FirstValues& values,
                          Generator& generator) {
  if (values.name == "pytorch") {
    fill_kaiming_uniform(weight, fans, generator);
    if (bias.defined()) fill_uniform(bias, 1 / std::sqrt(static_cast<double>(fans.in)), generator);
  } else if (values.name == "keras") {
    fill_glorot_uniform(weight, fans, generator);
  } else if (values.name != "zeros") {
    fail_config("config.choice", values.where,
                "\"" + values.name + "\" is not one of pytorch, keras, zeros",
                suggest(values.name, {"pytorch", "keras", "zeros"}));
  }
}

void fill_orthogonal(Tensor& matrix, Generator& generator) {
  if (matrix.rank() != 2)
    fail_config("layer.orthogonal", "orthogonal",
                "only a matrix can be orthogonal, this has shape " + matrix.shape().to_string(),
                "choose another initialization");
  const int64_t rows = matrix.size(0), columns = matrix.size(1);
  fill_normal(matrix, 1, generator);
  // Work on the longer side as row length: the shorter side holds the orthonormal vectors.
  const bool wide = rows < columns;
  const int64_t vectors = wide ? rows : columns, length = wide ? columns : rows;
  Tensor work = Tensor::uninitialized({vectors, length}, DType::f64);
  const auto place = [&](int64_t vector, int64_t i) {
    return wide ? vector * columns + i : i * columns + vector;
  };
  double* const numbers = work.data<double>();
  for (int64_t v = 0; v < vectors; ++v)
    for (int64_t i = 0; i < length; ++i) numbers[v * length + i] = matrix.item(place(v, i));
  orthonormalize(numbers, vectors, length);
  dispatch(matrix.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const out = matrix.data<T>();
    for (int64_t v = 0; v < vectors; ++v)
      for (int64_t i = 0; i < length; ++i)
        out[place(v, i)] = static_cast<T>(numbers[v * length + i]);
  });
}

std::span<const RegistryRow<InitializationFunction>> initialization_registry() {
  static const std::vector<RegistryRow<InitializationFunction>> rows = {
      {"zeros", "every value 0", {}, fill_zeros},
      {"ones", "every value 1", {}, fill_ones},
      {"uniform", "U(±1/√fan_in)", {}, fill_fan_in_uniform},
      {"kaiming_uniform",
       "PyTorch's dense layers: U(±1/√fan_in) by way of a = √5",
       {},
       fill_kaiming_uniform},
      {"kaiming_normal", "N(0, 2/fan_in)", {}, fill_kaiming_normal},
      {"glorot_uniform", "Keras' weights: U(±√(6/(fan_in + fan_out)))", {}, fill_glorot_uniform},
      {"glorot_normal", "N(0, 2/(fan_in + fan_out))", {}, fill_glorot_normal},
      {"orthogonal",
       "orthonormal rows or columns, Keras' recurrent weights",
       {},
       fill_orthogonal_row},
  };
  return rows;
}

void initialize(Tensor& tensor, const std::string& name, Fans fans, Generator& generator) {
  find_row(initialization_registry(), name, "initialization").make(tensor, fans, generator);
}

}  // namespace sluice
