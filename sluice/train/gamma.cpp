#include "sluice/train/gamma.h"

#include <cmath>

namespace sluice {

namespace {

constexpr double far = 10;  // from here on the series of Stirling are good to the last bits

}  // namespace

double log_gamma(double x) {
  double product = 1;
  for (; x < far; x += 1) product *= x;
  const double y = 1 / (x * x);
  const double series =
      (1.0 / 12 -
       y * (1.0 / 360 -
            y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * (691.0 / 360360)))))) /
      x;
  return (x - 0.5) * std::log(x) - x + 0.91893853320467274 + series - std::log(product);
}

double digamma(double x) {
  double sum = 0;
  for (; x < far; x += 1) sum += 1 / x;
  const double y = 1 / (x * x);
  const double series =
      y *
      (1.0 / 12 -
       y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760))))));
  return std::log(x) - 0.5 / x - series - sum;
}

}  // namespace sluice
